"""A course for a class, on ordinary nbgrader: students, collecting, grading behind a wall, feedback, export."""
