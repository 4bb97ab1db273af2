"""Settings of nbgrader for this course: `source/` is written by us, `release/` is what learners open."""

c = get_config()  # noqa: F821  (nbgrader defines it)

c.CourseDirectory.course_id = "albert-lab"
c.IncludeHeaderFooter.header = ""
# A stub that lets the following cells run: a function without an answer returns None.
c.ClearSolutions.code_stub = {"python": "pass  # your code here, in place of this line"}
c.ClearSolutions.text_stub = "*Your answer, in place of this line.*"
c.ExecutePreprocessor.timeout = 120
c.Execute.timeout = 120
c.Execute.shutdown_kernel = "immediate"
