"""Text: the documentation on this machine as a corpus, and the tokenizer that cuts it into pieces."""
