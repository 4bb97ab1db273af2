"""nbgrader's settings for everybody on the hub: which course, and where homework is exchanged."""

import os

c = get_config()  # noqa: F821  (nbgrader gives it)

c.CourseDirectory.course_id = os.environ["ALBERT_LAB_COURSE_ID"]
c.Exchange.root = os.environ["ALBERT_LAB_EXCHANGE"]
c.Exchange.timezone = "UTC"
