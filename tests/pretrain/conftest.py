from tests.small_models import tokenizer

__all__ = ["tokenizer"]
