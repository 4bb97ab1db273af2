"""Pretraining: masked words and sentence order, LAMB, and a loop that survives being killed."""
