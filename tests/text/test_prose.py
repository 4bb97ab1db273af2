"""What is prose in a docstring and what is not, style by style."""

from __future__ import annotations

import pytest

from albert_lab.text.prose import clean, paragraphs


def test_wrapped_lines_become_one_line_and_empty_lines_part_paragraphs():
    text = """Copy a tree of files.

    The first paragraph goes on
    in a second line.

    The last one is short.
    """
    assert paragraphs(text) == (
        "Copy a tree of files.",
        "The first paragraph goes on in a second line.",
        "The last one is short.",
    )


def test_doctests_go_and_the_prose_between_them_stays():
    text = """Add the two numbers.

    >>> add(1,
    ...     2)
    3
    and this line is output

    The next example adds strings:

    >>> add("a", "b")
    'ab'

    In [1]: add(1, 2)
    Out[1]: 3
    """
    assert paragraphs(text) == ("Add the two numbers.", "The next example adds strings:")


def test_literal_blocks_and_fences_go():
    text = """Open the file as follows::

        with open(path) as file:

            the words of this code are not for us

    Then read all of its lines.

    ```python
    the words in this fence are not for us
    ```

    After the fence it goes on.

    ::

        nor are the words in this one
    """
    assert paragraphs(text) == (
        "Open the file as follows:",
        "Then read all of its lines.",
        "After the fence it goes on.",
    )


def test_directives_go_but_a_note_is_prose():
    text = """Compute the mean of it.

    .. versionadded:: 1.2
       The keyword of this was added in that version.

    .. note:: This is slow for
       large arrays of numbers.

    .. code-block:: python

       the words of this code are not for us

    .. [1] A. Author, "A paper that is cited in the text", 1999.
    .. _target: https://example.org

    .. math:: x = y

    The text ends with this.
    """
    assert paragraphs(text) == (
        "Compute the mean of it.",
        "This is slow for large arrays of numbers.",
        "The text ends with this.",
    )


def test_numpydoc_sections_leave_the_descriptions():
    text = """Solve the equation.

    Parameters
    ----------
    a, b : (M, N) array_like
        The left side of
        the equation.
    overwrite : bool, optional
    mode: {'full', 'reduced'}
        How much of it is returned.

        The default is all of it.

    Returns
    -------
    ndarray
        The solution of the equation.
    x : float

    See Also
    --------
    other : The other function that does the same.

    Notes
    -----
    This takes a while for a large matrix.

    References
    ----------
    .. [1] This is the book in which it stands.
    """
    assert paragraphs(text) == (
        "Solve the equation.",
        "The left side of the equation.",
        "How much of it is returned.",
        "The default is all of it.",
        "The solution of the equation.",
        "This takes a while for a large matrix.",
    )


def test_google_sections_leave_the_descriptions():
    text = """Read the file.

    Args:
        path (str or Path, *optional*, defaults to `None`): The file that
            is read here.
        encoding: The encoding of the file.
        labels (`torch.LongTensor` of shape `(batch_size, 1)`):
            Labels for the loss that is computed.

    Returns:
        list[str | bytes]: All the lines of it.

    Raises:
        OSError: If the file is not there.

    Example::

        the words of this code are not for us
    """
    assert paragraphs(text) == (
        "Read the file.",
        "The file that is read here.",
        "The encoding of the file.",
        "Labels for the loss that is computed.",
        "All the lines of it.",
        "If the file is not there.",
    )


def test_sphinx_fields_leave_the_descriptions():
    text = """Send the message.

    :param message: the text that
        is sent to it
    :type message: the type of a message
    :returns: the number of bytes sent
    :rtype: the type of a number
    """
    assert paragraphs(text) == (
        "Send the message.",
        "the text that is sent to it",
        "the number of bytes sent",
    )


def test_lists_become_one_paragraph_for_each_item():
    text = """Choose one of these:

    - the first of them
      in two lines
    * the second of them
    1. a numbered one of them
    """
    assert paragraphs(text) == (
        "Choose one of these:",
        "the first of them in two lines",
        "the second of them",
        "a numbered one of them",
    )


@pytest.mark.parametrize(
    "table",
    [
        "====== ======\nthe head of it\n====== ======\nall of the cells\n\nand more of them\n====== ======",
        "+------+-----+\n| the words of a cell |\n+------+-----+",
        "| the words | of a cell |\n|---|---|\n| the words | of another |",
    ],
)
def test_tables_go(table):
    assert paragraphs(f"Before the table.\n\n{table}\n\nAfter the table.") == (
        "Before the table.",
        "After the table.",
    )


def test_titles_and_rules_go():
    text = """A title of the text
    ===================

    The text of the section.

    =====
    Other
    =====

    The text of the other one.

    -----

    The end of the text.
    """
    assert paragraphs(text) == (
        "The text of the section.",
        "The text of the other one.",
        "The end of the text.",
    )


def test_terms_of_definitions_go():
    assert paragraphs("Use it.\n\nskipkeys\n    Keys that are no strings are skipped.") == (
        "Keys that are no strings are skipped.",
    )


def test_what_is_not_prose_is_no_paragraph():
    text = """1 + 1 = 2, 3 * 4 == 12

    import os, sys

    x[0] -> y[1] :: z(2) / {3}

    <fill_docstring>

    Yes, this is.
    """
    assert paragraphs(text) == ("Yes, this is.",)


def test_the_summary_is_the_first_sentence():
    assert clean("Return e.g. the first one. And not\nthe second.").summary == "Return e.g. the first one."
    assert clean("Wrapped over\ntwo lines").summary == "Wrapped over two lines"
    assert clean("device").summary == "device"
    assert clean("device").paragraphs == ()
    assert clean("").summary == ""
    assert clean(">>> 1\n1").summary == ""


@pytest.mark.parametrize("text", ["\ud800 lone surrogates are here \udfff", "a bell \x07 rings \x00 in here"])
def test_odd_characters_are_left_out(text):
    found = clean(text).paragraphs[0]
    assert found.encode("utf-8")
    assert found.isprintable()


@pytest.mark.parametrize(
    "text",
    [
        "Example::",
        "::",
        ".. note::",
        "Args:",
        "Parameters\n----------",
        "====",
        "- ",
        "```",
        "x :",
        ":param x:",
    ],
)
def test_unfinished_texts_are_no_trouble(text):
    assert paragraphs(text) == ()


def test_a_long_text_takes_no_long_time():
    assert len(paragraphs("word (and `more " * 5_000)) <= 1
    assert paragraphs("the words of it " * 6_000)[0].count("words") == 6_000
