"""ex10_5: how many vectors has one word?"""

from __future__ import annotations

import torch

from albert_lab.classroom.question import QuestionBuilder

ask = QuestionBuilder(
    id="ex10_5",
    title="How many vectors has one word?",
    kind="predict",
    objectives=("LO-10.5", "LO-10.3"),
    points=1,
    minutes=10,
    difficulty=2,
    importance=3,
    why=(
        "Before the first layer a vector is made of the token and its place: places 1, 2 and 3 give three "
        "vectors. From the first layer on attention brings in the whole text, so that only texts with the "
        "same real tokens (A and C) agree."
    ),
)


@ask.reference
def how_many_vectors() -> tuple[int, int]:
    from transformers import AlbertConfig, AlbertModel

    cls, sep, pad, the, key, was, pressed, missing, press = range(9)
    texts = [
        [cls, the, key, was, pressed, sep],
        [cls, the, key, was, missing, sep],
        [cls, the, key, was, pressed, sep, pad, pad, pad],
        [cls, press, the, key, sep],
        [cls, key, was, pressed, sep],
    ]
    sizes = {"hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 32, "num_hidden_layers": 1}
    torch.manual_seed(0)
    model = AlbertModel(
        AlbertConfig(vocab_size=9, embedding_size=8, pad_token_id=2, initializer_range=0.2, **sizes)
    ).eval()
    found: tuple[list, list] = ([], [])
    for ids in texts:
        mask = torch.tensor([[int(token != pad) for token in ids]])
        with torch.no_grad():
            states = model(torch.tensor([ids]), mask, output_hidden_states=True).hidden_states
        for state, different in zip(states, found, strict=True):  # the input, then layer 1
            vector = state[0, ids.index(key)]
            if all((vector - other).abs().max() > 1e-4 for other in different):
                different.append(vector)
    return len(found[0]), len(found[1])


ask.mistake("you forgot that the row of the position is added at the input", (1, 4))
ask.mistake("you think of one vector for each word, at every layer", (1, 1))
ask.mistake("you think that every text has its own vector for the word, from the start", (5, 5))
ask.mistake(
    "you count texts A and C as different after layer 1, though only padding tells them apart", (3, 5)
)
ask.mistake("you think that one layer is not enough to bring the other words in", (3, 3))
ask.mistake("you forgot the positions, and took padding for a word", (1, 5))
ask.mistake("you think that the other words are known at the input already", (4, 4))
ask.mistake("you count what pressed and missing make of it, and nothing else", (1, 2))
ask.mistake("you gave the two numbers in the other order", (4, 3))
ask.mistake("you counted texts A and C as different from the start", (4, 5))
ask.mistake("you forgot that the table row of the word is the same in all texts, padded or not", (5, 4))
ask.mistake(
    "you forgot the positions at the input, and after layer 1 two different texts are one for you", (1, 3)
)
ask.mistake("you missed the text that begins with the word, and took padding for a word", (2, 5))
ask.mistake("you took only the positions 2 and 3, and missed the text that begins with the word", (2, 4))

ask.right([3, 4], (3.0, 4.0), (torch.tensor(3), torch.tensor(4)), torch.tensor([3, 4]), ["3", "4"], "(3, 4)")
