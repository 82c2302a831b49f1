"""Tokenizers small enough to read: bytes, a few whole words, and the added tokens of a family as its models flag them."""

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

WORDS = (
    "ĊĊ", "user", "assistant", "system", "What", "Ġis", "Ġ+", "Please", "Ġreason", "Ġstep", "Ġby", "Ġand", "Ġput", "Ġyour",
    "Ġfinal", "Ġanswer", "Ġwithin", "Ġ\\", "boxed", "{}.", "Problem", "Solution", "think", ">Ċ", "</", ">ĊĊ",
)  # fmt: skip
"""Tokens 256 and up, as byte-level tokenizers write them: `Ġ` is a space and `Ċ` a newline. Below are the bytes."""

FIRST_ADDED = 256 + len(WORDS)

QWEN = (
    ("<|endoftext|>", True),
    ("<|im_start|>", True),
    ("<|im_end|>", True),
    ("<think>", False),
    ("</think>", False),
)
"""Names and whether they are flagged as special, in the order of the ids, as in Qwen3's tokenizer.json."""
DEEPSEEK = (
    ("<｜end▁of▁sentence｜>", True),
    ("<｜User｜>", False),
    ("<｜Assistant｜>", False),
    ("<｜begin▁of▁sentence｜>", True),
    ("<think>", False),
    ("</think>", False),
)
"""As in that of DeepSeek-R1-Distill-Qwen-7B: what opens a turn is not flagged."""
LLAMA = (
    ("<|begin_of_text|>", True),
    ("<|end_of_text|>", True),
    ("<|start_header_id|>", True),
    ("<|end_header_id|>", True),
    ("<|eot_id|>", True),
)

# That of Qwen 2 and later; Llama 3 and DeepSeek differ in the digits only.
_PIECES = Regex(
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def build(added: tuple[tuple[str, bool], ...], *, beginning: str | None = None) -> Tokenizer:
    """Return a tokenizer; one that puts the token `beginning` in front of every text if it is given."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: index for index, token in enumerate([*alphabet, *WORDS])}
    assert len(vocabulary) == FIRST_ADDED
    tokenizer = Tokenizer(models.BPE(vocabulary, [], ignore_merges=True))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(_PIECES, behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_tokens([AddedToken(name, special=special, normalized=False) for name, special in added])
    if beginning:
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{beginning} $A", special_tokens=[(beginning, tokenizer.token_to_id(beginning))]
        )
    return tokenizer
