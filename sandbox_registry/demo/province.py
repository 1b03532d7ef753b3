"""The offices of the demonstration: units, the people who hold offices in them, and how they come to be."""

from dataclasses import dataclass, field

from sandbox_registry.demo.caller import FIRST_PASSWORD, Caller

PROCEDURES = ("ca-mau-2026-draft", "ai-decree-142-2026")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A state unit; with an agency code it takes dossiers in, and `handles` says that cases are worked on there."""

    name: str
    agency_code: str | None = None
    handles: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Official:
    """Somebody with an office, who logs in with `email`."""

    email: str
    full_name: str
    role: str
    unit: str
    title: str = ""


ONE_STOP = Unit(name="Trung tâm Phục vụ hành chính công tỉnh Cà Mau", agency_code="H12.01", handles=True)
FOCAL = Unit(name="Sở Khoa học và Công nghệ", handles=True)
COMMITTEE = Unit(name="Ủy ban nhân dân tỉnh Cà Mau", handles=True)
COUNCIL = Unit(name="Hội đồng nhân dân tỉnh Cà Mau")
INSPECTORATE = Unit(name="Thanh tra tỉnh Cà Mau")
CONSULTED = tuple(
    Unit(name=name)
    for name in (
        "Sở Nông nghiệp và Môi trường",
        "Sở Công Thương",
        "Sở Y tế",
        "Sở Xây dựng",
        "Công an tỉnh",
        "Bộ Chỉ huy Quân sự tỉnh",
    )
)
UNITS = (ONE_STOP, FOCAL, COMMITTEE, COUNCIL, INSPECTORATE, *CONSULTED)


def _official(email: str, full_name: str, role: str, unit: Unit, *, title: str = "") -> Official:
    return Official(email=f"{email}@camau.example", full_name=full_name, role=role, unit=unit.name, title=title)


INTAKE = _official("motcua", "Trần Thị Bích Ngọc", "one_stop_officer", ONE_STOP)
OFFICER = _official("chuyenvien", "Lê Hoàng Nam", "focal_officer", FOCAL)
HEAD = _official("truongphong", "Phạm Quốc Việt", "focal_head", FOCAL)
REVIEWERS = (
    _official("phanbien1", "Nguyễn Thị Mai Hương", "reviewer", FOCAL),
    _official("phanbien2", "Đặng Minh Tâm", "reviewer", FOCAL),
)
COUNCILLORS = tuple(
    _official(f"uyvien{number}", name, "council_expert", FOCAL)
    for number, name in enumerate(
        ("Võ Thành Trung", "Huỳnh Thị Kim Loan", "Dương Văn Phúc", "Ngô Thanh Hằng", "Trương Minh Đức"), start=1
    )
)
SECRETARY = _official("thukyhoidong", "Lâm Ngọc Ánh", "council_expert", FOCAL)
SIGNER = _official("chutich", "Nguyễn Văn Thuận", "decision_maker", COMMITTEE, title="Chủ tịch")
RECORDS = _official("vanthu", "Hồ Thị Thu Thảo", "records_officer", COMMITTEE)
SUPERVISOR = _official("giamsat", "Mai Văn Khánh", "supervisor", FOCAL)
DELEGATE = _official("daibieu", "Tô Thị Hồng Nhung", "hdnd_member", COUNCIL)
AUDITOR = _official("thanhtra", "Phan Đình Long", "auditor", INSPECTORATE)
ADVISERS = {
    unit.name: _official(f"coquan{number}", name, "consulted_officer", unit)
    for number, (unit, name) in enumerate(
        zip(
            CONSULTED,
            ("Bùi Văn Sơn", "Cao Thị Lệ", "Đỗ Hữu Nghĩa", "Lý Thị Thanh", "Trịnh Công Hiếu", "Vũ Mạnh Hùng"),
            strict=True,
        ),
        start=1,
    )
}
OFFICIALS = (
    INTAKE,
    OFFICER,
    HEAD,
    *REVIEWERS,
    *COUNCILLORS,
    SECRETARY,
    SIGNER,
    RECORDS,
    SUPERVISOR,
    DELEGATE,
    AUDITOR,
    *ADVISERS.values(),
)


@dataclass(slots=True)
class Province:
    """What the registry called the units and the people."""

    units: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)


async def settle(caller: Caller, *, admins: tuple[str, str]) -> Province:
    """Make units, accounts and offices, as two administrators do on the first day: one proposes, the other confirms."""
    admin, other = admins
    province = Province()
    for unit in UNITS:
        created = await caller.ask(
            "POST",
            "/units",
            by=admin,
            body={
                "name": unit.name,
                "address": "Phường An Xuyên, tỉnh Cà Mau",
                "email": "vanthu@camau.example",
                "phone": "02903831000",
                "agency_code": unit.agency_code,
                "handles": list(PROCEDURES) if unit.handles else [],
            },
        )
        province.units[unit.name] = created["id"]
        if unit.handles:
            confirmation = f"/units/{created['id']}/handles/confirmation"
            await caller.ask("POST", confirmation, by=other, version=created["version"])
    for official in OFFICIALS:
        await _appoint(caller, province, official, admin=admin, other=other)
    return province


async def _appoint(caller: Caller, province: Province, official: Official, *, admin: str, other: str) -> None:
    person = await caller.ask(
        "POST",
        "/people",
        by=admin,
        body={"full_name": official.full_name, "email": official.email, "phone": "", "password": FIRST_PASSWORD},
    )
    province.people[official.email] = person["id"]
    await caller.choose_password(official.email, first=FIRST_PASSWORD)
    office = await caller.ask(
        "POST",
        f"/people/{person['id']}/offices",
        by=admin,
        body={"role": official.role, "unit_id": province.units[official.unit], "title": official.title},
    )
    if office["awaits_confirmation"]:
        await caller.ask("POST", f"/offices/{office['id']}/confirmation", by=other, version=office["version"])
