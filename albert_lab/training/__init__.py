"""The one loop of all trainings: steps, log, save, resume; optimizers, schedules, run folder."""
