"""A JupyterHub for one course on one machine: learners work and hand in, teachers grade, all in the browser.

What it needs and how it is started: README.md beside this file. What differs from place to place is read from
the environment:

ALBERT_LAB_COURSE   the folder that `albert-lab classroom init` made; its account grades
ALBERT_LAB_EXCHANGE nbgrader's exchange; /srv/nbgrader/exchange without it
ALBERT_LAB_TEACHERS, ALBERT_LAB_LEARNERS  names of accounts, with spaces between them
"""

import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821  (JupyterHub gives it)

course = Path(os.environ["ALBERT_LAB_COURSE"])
teachers = os.environ["ALBERT_LAB_TEACHERS"].split()
learners = os.environ["ALBERT_LAB_LEARNERS"].split()
name = os.environ.get("ALBERT_LAB_COURSE_ID", "albert-lab")
programs = Path(sys.executable).parent
settings = {
    "ALBERT_LAB_COURSE_ID": name,
    "ALBERT_LAB_EXCHANGE": os.environ.get("ALBERT_LAB_EXCHANGE", "/srv/nbgrader/exchange"),
    "JUPYTER_CONFIG_PATH": str(Path(__file__).resolve().parent / "etc"),
    "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
}

# Who may come in. Passwords are the machine's own (PAM); any other authenticator of JupyterHub fits.
c.Authenticator.allowed_users = {*teachers, *learners}
c.JupyterHub.load_groups = {
    f"formgrade-{name}": {"users": teachers},  # nbgrader knows a course's people by these two names
    f"nbgrader-{name}": {"users": learners},
}

# A server for everybody, which starts in the home folder. Formgrader is in the service alone.
c.JupyterHub.spawner_class = "jupyterhub.spawner.LocalProcessSpawner"
c.Spawner.cmd = [str(programs / "jupyterhub-singleuser")]
c.Spawner.args = ["--ServerApp.jpserver_extensions=nbgrader.server_extensions.formgrader=False"]
c.Spawner.environment = settings
c.Spawner.default_url = "/lab"

# The grader: JupyterLab with formgrader in the course's folder, for teachers, under the account that owns it.
# The folder's nbgrader_config.py puts learners' code behind walls, whichever button or command grades.
c.JupyterHub.services = [
    {
        "name": name,
        "url": "http://127.0.0.1:9999",
        "command": [str(programs / "jupyterhub-singleuser"), "--ServerApp.root_dir=."],
        "user": course.owner(),
        "cwd": str(course),
        "environment": settings | {"JUPYTERHUB_DEFAULT_URL": "/formgrader", "HOME": str(course.parent)},
        "oauth_no_confirm": True,
    }
]
c.JupyterHub.load_roles = [
    {
        "name": f"formgrade-{name}",
        "groups": [f"formgrade-{name}"],
        "scopes": [f"access:services!service={name}", "list:services", f"read:services!service={name}"],
    },
]
