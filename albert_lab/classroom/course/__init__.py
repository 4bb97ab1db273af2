"""A course for a class, on ordinary nbgrader: students, work handed in, grading behind a wall, export."""
