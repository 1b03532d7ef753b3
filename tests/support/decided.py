"""Cases brought to a decision and beyond, and the terms such a decision sets."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from sandbox_registry.domain.cases.applications import Application, Reason
from sandbox_registry.domain.cases.appraisal import Advice
from sandbox_registry.domain.permits.permits import (
    Comparator,
    DailyHours,
    Justification,
    MoneyCaps,
    PermitKind,
    PermitTerms,
    Phase,
    Site,
    TechnicalLimit,
)
from sandbox_registry.domain.texts import Text
from sandbox_registry.usecases.permits.permits import PermitView
from tests.support.dossiers import DRAFT
from tests.support.stages import HEAD, appraised, prepared
from tests.support.world import World

SIGNER, RECORDS = "chu_tich", "van_thu"
TITLE, BASIS = "Chủ tịch", ("Luật 93/2025/QH15 Điều 21",)
TRIAL_START = datetime(2027, 1, 3, 17, tzinfo=UTC)  # Monday 4 January 2027, 00:00 in Ca Mau.
TRIAL_END = datetime(2027, 12, 31, 17, tzinfo=UTC)  # The end of Friday 31 December 2027 there.
FIRST_PHASE_END = datetime(2027, 6, 30, 17, tzinfo=UTC)
REVIEW_ON = date(2027, 6, 1)
REASONS = (Reason(code="plan_inadequate", text="Chưa có phương án thu hồi."),)


def why(*restrictions: str) -> tuple[Justification, ...]:
    """Say why conditions and limits stand: by the condition, or the quantity of the limit."""
    return tuple(
        Justification(of=each, risk="Nhầm mẫu", lifted_by="Hai kỳ báo cáo không nhầm mẫu", review_on=REVIEW_ON)
        for each in restrictions
    )


def why_of(allowed: PermitTerms) -> tuple[Justification, ...]:
    """Say why every condition and limit of some terms stands, to be reviewed while the trial runs."""
    first, last = allowed.days
    review_on = min(max(REVIEW_ON, first), last)
    return tuple(replace(each, review_on=review_on) for each in why(*sorted(allowed.restrictions)))


def terms(supervising_unit_id: UUID, **changes: Any) -> PermitTerms:
    """What a trial of crab provenance at one market may do."""
    allowed = PermitTerms(
        kind=PermitKind.TIME_LIMITED_LICENCE,
        legal_basis=tuple(f"{each.title}, {each.articles}" for each in DRAFT.legal_documents),
        exempted_provisions=(),
        sites=(Site(name="Vựa 1", commune="Năm Căn", address="Khóm 1", latitude=8.76, longitude=104.99),),
        cyber_space="",
        excluded_zones="Chợ tạm",
        start=TRIAL_START,
        end=TRIAL_END,
        daily_hours=DailyHours(start=time(5), end=time(18)),
        phases=(
            Phase(name="Hẹp", start=TRIAL_START, end=FIRST_PHASE_END, entry_gate="Có bảo hiểm", max_users=50),
            Phase(name="Rộng", start=FIRST_PHASE_END, end=TRIAL_END, entry_gate="Sai sót dưới 1 %"),
        ),
        eligible_users="Hộ nuôi cua và người mua tại chợ Năm Căn",
        max_users=200,
        minors_allowed=False,
        money=MoneyCaps(per_person=2_000_000, per_day=20_000_000, total=500_000_000),
        limits=(
            TechnicalLimit(quantity="Khối lượng mẫu", comparator=Comparator.AT_MOST, value=157, scale=100, unit="g"),
            TechnicalLimit(quantity="Số mẫu mỗi ngày", comparator=Comparator.AT_MOST, value=300, scale=1, unit="mẫu"),
        ),
        data_categories=("Mẫu gen",),
        safeguards=("Ngừng ứng dụng, trực 24/7 số 0912 345 678", "Đọc hai lần mỗi mẫu"),
        conditions=("Báo cáo hằng quý",),
        stop_cases=("Sai quá 5 % trong ngày",),
        supervising_unit_id=supervising_unit_id,
        stop_contact="0912 345 678",
        public_summary=Text(vi="Truy xuất cua", en="Crab provenance", fr="Traçabilité du crabe"),
    )
    changed = replace(allowed, **changes)
    return changed if "justifications" in changes else replace(changed, justifications=why_of(changed))


@prepared
async def recommended(world: World) -> Application:
    """A case that awaits its decision."""
    case = await appraised(world)
    made = await world.use_cases.decisions.recommend(
        world.context(HEAD),
        case.id,
        expected_version=case.version,
        advice=Advice.APPROVE,
        report="Đủ điều kiện.",
        justifications=why("Số mẫu mỗi ngày"),
    )
    return made.application


@prepared
async def approved(world: World, **changes: Any) -> Application:
    """A case allowed by the chairman."""
    case = await recommended(world)
    made = await world.use_cases.decisions.approve(
        world.context(SIGNER),
        case.id,
        expected_version=case.version,
        legal_basis=BASIS,
        terms=terms(world.units["focal"], **changes),
        conditions=("Mua bảo hiểm trước khi bắt đầu",),
        justifications=why("Mua bảo hiểm trước khi bắt đầu"),
    )
    return made.application


@prepared
async def issued(world: World, **changes: Any) -> PermitView:
    """A permit issued by the records office."""
    case = await approved(world, **changes)
    return await world.use_cases.permits.issue(world.context(RECORDS), case.id, expected_version=case.version)
