"""Prompts: found by name or path, and never changed once released."""

from hashlib import sha256
from pathlib import Path

import pytest

from generators.prompts import catalog
from generators.prompts.catalog import FIELDS
from pipeline.models.model_families import FAMILIES
from schemas.errors import ConfigError
from schemas.problem import ALL_TASKS

RELEASED = {
    "critique_bare.v1": "95318f45df4db0a99bf2a99ea181afc723b3bf2bb389cada4e838c287332b8cb",
    "critique_chat.v1": "11d5cc7cc604a7c3939703a920fc1a3127f172641d55ec54fd81e50c73e89b7e",
    "critique_plain.v1": "5ddb3050f44bb6e8326033882189e71b2da7b148171389abe8112e9c26f79c1c",
    "diagnose_bare.v1": "042a32d25cde35b588f2413c9449428a8becb613d9b0bb9263250a03d92add75",
    "diagnose_chat.v1": "a958e100103af6db47998c71d260e70d851f26c2a6ca98dfb60d8fb3b4249ba1",
    "diagnose_plain.v1": "7f01699ba3bdb4a3cd322236dd9f5f7c098860629741f45051bf0f69dbda17fb",
    "explain_bare.v1": "039379cfcb8c4e19a01bdd1dd1c70c868435f3e599cc2b08169308fb6ba56d19",
    "explain_chat.v1": "67b0a6a3a84cacf18157b9dd6523d0d291edaacbfe4b96692c5a4063f293524c",
    "explain_plain.v1": "5e74eee1f142ea5eb955d3c0bd79882f20beb8f3177fb72da868aea86ae8d566",
    "formal_bare.v1": "209587cdd571bf34e25948b9533415766ecde9d041b0720200197190ee2c2172",
    "formal_chat.v1": "41f4b948285ec3e4a6656e62ee4e934a2b673bc8b222e1d9117de8ac7ca8b2ad",
    "formal_plain.v1": "b3cefdb9a4f2a7841927106d9c962d36a13387b916b78bd34478d7ffc36fcef9",
    "formalise_bare.v1": "91675a9f9356240cf62495bb1fffc255397022a75d0aa584f9396d7f54c3adc4",
    "formalise_chat.v1": "7d0e47beb8fa349b3f40d16601ebb396626435ff87e2bfcb713871fd23590dbe",
    "formalise_plain.v1": "1a489bdad29103f90d7f4fb6238c5af81d89e9af23aea98372e7087724e3cc25",
    "informal_bare.v1": "09c31e9c4e827e1044e9d4f8f66fe3fbce92c492ba5a37b88691822e75b472a2",
    "informal_chat.v1": "06135eaa92fef072daa1abad2b76534e9c8cd6435596168b6ba01575e19ae822",
    "informal_plain.v1": "8f1e9ccf529a6afab90b1f5f2ca2517ec35e27b21f4072656b324c08e68d0988",
    "input_bare.v1": "8b23772b1c4690f04b1948a20249b94995582445dbd8cd8d76b55bc674973819",
    "input_chat.v1": "985231199222b774cec34a901267479eb31d0406af3e3d0378888a779dedc69b",
    "input_plain.v1": "08c794b3d8fa5c4593495f923d43d96d0a02aa8b080512588e94a499c4efcfa2",
    "output_bare.v1": "8b23772b1c4690f04b1948a20249b94995582445dbd8cd8d76b55bc674973819",
    "output_chat.v1": "ba48da4c74b9a64dc2896e4ae788798adca1478e413932ad90b91700989ea5bd",
    "output_plain.v1": "47b7b194bb27fbb8957d5fcffd82ac695870f76f02baa96109b6299a5eea3231",
    "program_bare.v1": "8b23772b1c4690f04b1948a20249b94995582445dbd8cd8d76b55bc674973819",
    "program_chat.v1": "3294ed0cb1f6c8b52414993c307339e92bcfc4454154344d198c9d944b6de04f",
    "program_plain.v1": "92bbb3a7a699cb70ccf92875f5a42cf96164426b2eecf30950ce8fd924f50e0f",
    "prove_bare.v1": "8b23772b1c4690f04b1948a20249b94995582445dbd8cd8d76b55bc674973819",
    "prove_chat.v1": "824b288ffffdb2a07587b6d3e7076c2156543de8496856e55d41f08dad8b711f",
    "prove_plain.v1": "7952036ae9a38654cc5836a3c9191b79b04ebbd202c62dabf0e214971a704f09",
    "revise_bare.v1": "61d7d30e8db2aa2b99c4e6fb147f8f8e9068c47dc66d04ce908c3b58bb7a8544",
    "revise_chat.v1": "2661998d0b14c54e308b0b9928f0837f9180764cf8b778058ab7edb6fdecea62",
    "revise_plain.v1": "629ce33fcd2627e5bb65f2086f32d84bebec87b776c9618b288d1987d68f20c7",
    "solve_bare.v1": "8b23772b1c4690f04b1948a20249b94995582445dbd8cd8d76b55bc674973819",
    "solve_boxed.v1": "1fe83bb37db7308ceaccd1fc407f3eefc7038fef511fb8c96b9b1f30266a27c4",
    "solve_plain.v1": "40630a377acb99d923e8fb9d53387d911983b6a36ecef1955f655f40d90f08be",
    "tactic_bare.v1": "d8844055fd173fe9ee77e86c47d75b603fcfef82d463482b2723f66524f5f4ca",
    "tactic_chat.v1": "16e77f952b266786e052875eab7a65bd4838da996bd35b17df956a85ef9e048c",
    "tactic_plain.v1": "9db035837181f759bba72949842779f0ec7ff709b8c058e445b61b4307d731f0",
    "translate_bare.v1": "b4ca0f6ac9326509d5cdc700cafef23c78d3674d3e2e266893dfa48e1392125e",
    "translate_chat.v1": "f2b1326396bc65d44647fe3d66ac15a43856a379e600f50667e82cbce79a30b8",
    "translate_plain.v1": "4d7a80bce2018ab39ea506677d540a5858e4d0e7955a2e28530163102231ed00",
    "write_bare.v1": "c4145beec74c917f39b3c74b7adc10f79e522f5f939d83ed654af27c68ec094c",
    "write_chat.v1": "9873ad952985ec5d3271f0b8ec8a199043ca67df2e53d1b8e7c5cbba5a62d3b3",
    "write_plain.v1": "bae42811c2370fa49fba88399821d30d0f722de6542123cd26609c08f6d9b7b4",
}


@pytest.mark.parametrize("name", RELEASED)
def test_a_released_prompt_is_what_it_was(name: str) -> None:
    digest = sha256((catalog.PROMPTS / f"{name}.txt").read_bytes()).hexdigest()
    assert digest == RELEASED[name], f"{name} was changed; rows name it, so add a new version beside it instead"


def test_every_prompt_is_recorded_here() -> None:
    assert catalog.names() == sorted(RELEASED)


def test_the_newline_at_the_end_of_the_file_is_no_part_of_it() -> None:
    assert catalog.find("solve_bare.v1").text == "{problem}"
    assert catalog.find("solve_boxed.v1").text.endswith("within \\boxed{}.")


def test_a_file_of_the_users_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.v3.txt"
    path.write_text("Sum: {problem}\n\n")
    found = catalog.find(str(path))
    assert (found.name, found.text) == ("mine.v3", "Sum: {problem}\n")


@pytest.mark.parametrize("text", ["no place", "{problem} and {problem}", ""])
def test_a_prompt_has_one_place_for_the_statement(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.txt").write_text(text)
    with pytest.raises(ConfigError, match=r"mine\.txt must hold \{problem\} exactly once.* it does [02] times"):
        catalog.find(str(tmp_path / "mine.txt"))


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.txt' cannot be read"):
        catalog.find(str(tmp_path / "none.txt"))
    (tmp_path / "latin.txt").write_bytes(b"\xe9{problem}")
    with pytest.raises(ConfigError, match=r"latin\.txt' cannot be read"):
        catalog.find(str(tmp_path / "latin.txt"))


@pytest.mark.parametrize("name", ["solve_boxd", "solve_boxed.v2", "solve_boxed"])
def test_an_unknown_name_tells_the_nearest(name: str) -> None:
    with pytest.raises(ConfigError, match="did you mean 'solve_boxed.v1'"):
        catalog.find(name)


@pytest.mark.parametrize("name", ["", "zzz", "../prompts/solve_bare.v1"])
def test_an_unknown_name_tells_what_there_is(name: str) -> None:
    with pytest.raises(ConfigError, match="prompt = .* is not known"):
        catalog.find(name)


# Parts and styles


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("part", FIELDS)
def test_every_family_is_asked_every_part_in_its_style(part: str, family: str) -> None:
    style = {"bare": "bare", "plain": "plain"}.get(family, "chat")
    found = catalog.default(part, FAMILIES[family])
    assert found.name == (FAMILIES[family].prompt if part == "solve" else f"{part}_{style}.v1")
    assert all(found.text.count(f"{{{field}}}") == 1 for field in FIELDS[part])


BARE: dict[str, str] = {
    **{str(task): "{problem}" for task in ALL_TASKS},
    "explain": "{problem}\n{code}\nExplain.",
    "write": "{problem}\n{plan}\nCode:",
    "revise": "{problem}\n{attempt}\n{feedback}\nAgain.",
    "critique": "{problem}\n{plan}\n{code}\nReview.",
    "tactic": "{state}\nNext:",
    "translate": "{state}\nStep: {tactic}\nThen:\n{after}\nSay:",
    "formalise": "{problem}\nProse:\n{prose}\nProof:",
    "diagnose": "{state}\nFailed: {tactic}\n{error}\nWhy:",
    "informal": "{problem}\nIn words:",
    "formal": "{informal}\nFormal:",
}


@pytest.mark.parametrize("part", FIELDS)
def test_our_own_policies_are_asked_what_they_were_trained_on(part: str) -> None:
    assert catalog.default(part, FAMILIES["bare"]).text == BARE[part]


def test_the_newest_version_of_a_part_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("write_bare.v2", "write_bare.v10", "write_bare.v9", "write_plain.v11", "write_bare.vx"):
        (tmp_path / f"{name}.txt").write_text(f"{name} {{problem}} {{plan}}\n")
    (tmp_path / "solve_bare.v1.txt").write_text("mine {problem}")
    monkeypatch.setattr(catalog, "PROMPTS", tmp_path)
    try:
        catalog.find.cache_clear()
        catalog.default.cache_clear()
        assert catalog.default("write", FAMILIES["bare"]).name == "write_bare.v10"
        assert catalog.default("output", FAMILIES["bare"]).text == "mine {problem}", "no file for this task"
        with pytest.raises(ConfigError, match=r"no prompt explain_bare\.v1; name one: prompts = \{ explain = "):
            catalog.default("explain", FAMILIES["bare"])
    finally:
        catalog.find.cache_clear()
        catalog.default.cache_clear()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{problem} {code} {plan}", r"own\.txt is asked without \{plan\}, and must not hold it; it does 1 times"),
        ("{problem}", r"own\.txt must hold \{code\} exactly once; it does 0 times"),
        ("{problem} {code} {code}", r"own\.txt must hold \{code\} exactly once; it does 2 times"),
    ],
)
def test_a_prompt_of_a_part_holds_its_fields_and_no_other(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "own.txt").write_text(text)
    with pytest.raises(ConfigError, match=says):
        catalog.find(str(tmp_path / "own.txt"), "explain")


def test_a_prompt_of_a_part_may_be_given_as_text_or_by_name() -> None:
    assert catalog.find("Say why: {problem} {code}", "explain").text == "Say why: {problem} {code}"
    assert catalog.find("Go on: {state}", "tactic").text == "Go on: {state}"
    assert catalog.find("explain_chat.v1", "explain").name == "explain_chat.v1"
    with pytest.raises(ConfigError, match=r"prompts\.explain = 'explain_cat\.v1' is not known.*'explain_chat\.v1'"):
        catalog.find("explain_cat.v1", "explain")


@pytest.mark.parametrize(
    ("part", "says"), [("explane", "did you mean 'explain'"), ("solve", "known: output, "), ("z", "known")]
)
def test_an_unknown_part_tells_the_nearest(part: str, says: str) -> None:
    with pytest.raises(ConfigError, match=rf"here: unknown key prompts\.{part}; {says}"):
        catalog.check_part(part, "here")
