from tests.small_models import extractor, make_model, model, tokenizer

__all__ = ["extractor", "make_model", "model", "tokenizer"]
