"""Every line of the policy has a name in words, in three languages; so has one of an earlier policy."""

from pathlib import Path

import pytest

from sandbox_registry.authz.policy import read_policy
from sandbox_registry.domain.identity.line_names import line_name
from sandbox_registry.domain.texts import Language, Phrase

POLICY = read_policy(Path(__file__).parents[3] / "policies" / "casbin")


@pytest.mark.parametrize("language", Language)
def test_every_line_has_a_name_in_words(language: Language) -> None:
    for line in POLICY.lines:
        name = line_name(line.text)
        assert name is not None
        words = name.in_language(language)
        # Codes of the policy never reach a person.
        assert not any(code in words for code in ("_", "*", "acts:", line.act))


@pytest.mark.parametrize(
    ("line", "vi", "en"),
    [
        (
            "p142 r:focal_head,unit,under_appraisal,application:recommend,allow",
            "Lãnh đạo đơn vị đầu mối: Trình ý kiến thẩm định",
            "Head of the focal department: Put the appraisal report before the signer",
        ),
        (
            "p9 r:applicant,delegate,stages:decided,decision:read,allow",
            "Tổ chức, cá nhân nộp hồ sơ (người cùng soạn cho bên đề nghị): Xem quyết định",
            "Applicant (co-writer for the applicant): Read the decision",
        ),
        (
            "p1 *,acted_as_intake,*,acts:decision,deny",
            "Không được phép – Bất kỳ ai (đã tiếp nhận hồ sơ): Quyết định hồ sơ",
            "Not allowed – Anybody (who took the dossier in): Decide the case",
        ),
        (
            "p18 *,unit,*,application:submit,deny",
            "Không được phép – Bất kỳ ai (giữ chức vụ ở cơ quan nhận hồ sơ): Nộp hồ sơ",
            "Not allowed – Anybody (who holds an office in the receiving agency): File the dossier",
        ),
        (
            "p7 r:hdnd_member,overseer,stages:filed,acts:read_case,allow",
            "Đại biểu Hội đồng nhân dân: Xem toàn bộ hồ sơ",
            "Member of the People's Council: Read the whole case",
        ),
    ],
)
def test_line_is_named(line: str, vi: str, en: str) -> None:
    name = line_name(line)
    assert name is not None
    assert (name.vi, name.en) == (vi, en)


def test_a_line_for_everybody_says_for_whom_it_counts() -> None:
    everybody = Phrase("policy_line.anybody").vi
    for line in POLICY.lines:
        name = line_name(line.text)
        assert name is not None
        if line.role == "*" and line.relation != "*":
            assert f"{everybody} (" in name.vi, line.text


@pytest.mark.parametrize("line", [None, "token scope", "token procedures", "p3 nonsense"])
def test_what_is_no_line_has_no_name(line: str | None) -> None:
    assert line_name(line) is None
