"""Run the chapters, write them in one normal form, and check that committed outputs are not stale."""
