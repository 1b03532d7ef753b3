"""What each field of a case, a dossier and a permit is called, for people who read what changed."""

from collections.abc import Mapping

from sandbox_registry.domain.cases.applications import by_stage
from sandbox_registry.domain.rules.form_fields import Field
from sandbox_registry.domain.rules.procedures import Procedure
from sandbox_registry.domain.stages import APPLICATION_STAGES, Stage
from sandbox_registry.domain.texts import Text

_BETWEEN = " › "
_ANSWER = 3
"""Steps of the path to an answer: `answers`, section, field; rows and columns of a table follow."""


def field_name(path: str, procedure: Procedure) -> Text:
    """Name a dotted path by its steps; answers go by the words of the procedure's form, what is unknown by its key."""
    steps = path.split(".")
    if steps[0] == "answers":
        return _joined([*_answer_names(steps, procedure)])
    if steps[0] == "documents" and len(steps) > 1:
        part = procedure.part(steps[1])
        return _joined([FIELD_NAMES["documents"], _as_is(steps[1]) if part is None else part.label])
    return _joined([_step_name(step) for step in steps])


def value_name(path: str, value: object, procedure: Procedure) -> Text | None:
    """Say a coded value in words: a stage, a level, a choice of the form; null for what says itself."""
    if path == "stage" and value in APPLICATION_STAGES:
        return by_stage(Stage(str(value)))
    if path == "level":
        return next((level.label for level in procedure.levels if level.key == value), None)
    field = _field_at(path.split("."), procedure)
    return None if field is None else next((each.label for each in field.choices if each.value == value), None)


def _answer_names(steps: list[str], procedure: Procedure) -> list[Text]:
    section = next((each for each in procedure.sections if each.key in steps[1:2]), None)
    if section is None:
        return [FIELD_NAMES["answers"], *map(_as_is, steps[1:])]
    found = procedure.field(".".join(steps[1:_ANSWER]))
    names = [section.title, *([_as_is(steps[2])] if found is None and len(steps) >= _ANSWER else [])]
    if found is not None:
        columns = {column.key: column.label for column in found.columns}
        names += [found.label, *(columns.get(step) or _step_name(step) for step in steps[_ANSWER:])]
    return names


def _field_at(steps: list[str], procedure: Procedure) -> Field | None:
    if steps[0] != "answers" or len(steps) < _ANSWER:
        return None
    found = procedure.field(".".join(steps[1:_ANSWER]))
    columns = () if found is None else found.columns
    return next((column for column in columns if column.key == steps[-1]), found)


def _step_name(step: str) -> Text:
    return _as_is(f"#{int(step) + 1}") if step.isdigit() else FIELD_NAMES.get(step) or _as_is(step)


def _as_is(words: str) -> Text:
    return Text(vi=words, en=words, fr=words)


def _joined(names: list[Text]) -> Text:
    return Text(
        vi=_BETWEEN.join(name.vi for name in names),
        en=_BETWEEN.join(name.en for name in names),
        fr=_BETWEEN.join(name.fr for name in names),
    )


FIELD_NAMES: Mapping[str, Text] = {
    "accepted_at": Text(vi="Tiếp nhận lúc", en="Accepted at", fr="Accepté le"),
    "address": Text(vi="Địa chỉ", en="Address", fr="Adresse"),
    "answers": Text(vi="Nội dung kê khai", en="Answers", fr="Réponses"),
    "apology": Text(vi="Xin lỗi, hẹn lại", en="Notice of delay", fr="Avis de retard"),
    "application_id": Text(vi="Hồ sơ", en="Application", fr="Dossier"),
    "appointment_at": Text(vi="Hẹn trả kết quả", en="Result promised for", fr="Résultat promis pour le"),
    "article": Text(vi="Điều", en="Article", fr="Article"),
    "at": Text(vi="Lúc", en="At", fr="Le"),
    "authority": Text(vi="Cơ quan có thẩm quyền", en="Competent authority", fr="Autorité compétente"),
    "channel": Text(vi="Cách trả kết quả", en="Handed over by", fr="Mode de remise"),
    "classified_at": Text(vi="Xác định mức lúc", en="Level set at", fr="Niveau fixé le"),
    "clause": Text(vi="Khoản", en="Clause", fr="Alinéa"),
    "closing": Text(vi="Kết thúc trước quyết định", en="Ended before a decision", fr="Clos avant décision"),
    "code": Text(vi="Mã", en="Code", fr="Code"),
    "commune": Text(vi="Xã, phường", en="Commune", fr="Commune"),
    "comparator": Text(vi="So sánh", en="Comparison", fr="Comparaison"),
    "completed_at": Text(vi="Hoàn thành lúc", en="Completed at", fr="Achevé le"),
    "completion_refused_at": Text(
        vi="Không được xác nhận hoàn thành lúc", en="Completion refused at", fr="Achèvement refusé le"
    ),
    "condition": Text(vi="Điều kiện", en="Condition", fr="Condition"),
    "conditions": Text(vi="Điều kiện", en="Conditions", fr="Conditions"),
    "created_at": Text(vi="Lập lúc", en="Begun at", fr="Créé le"),
    "cyber_space": Text(vi="Không gian mạng", en="Cyberspace", fr="Cyberespace"),
    "daily_hours": Text(vi="Giờ trong ngày", en="Hours of the day", fr="Heures de la journée"),
    "data_categories": Text(vi="Loại dữ liệu", en="Categories of data", fr="Catégories de données"),
    "decided_at": Text(vi="Quyết định lúc", en="Decided at", fr="Décidé le"),
    "decision_id": Text(vi="Quyết định", en="Decision", fr="Décision"),
    "delivery": Text(vi="Trả kết quả", en="Handing over", fr="Remise"),
    "document": Text(vi="Văn bản", en="Document", fr="Texte"),
    "documents": Text(vi="Tài liệu", en="Documents", fr="Pièces"),
    "effect": Text(vi="Hiệu lực", en="Effect", fr="Effet"),
    "eligible_users": Text(vi="Người được tham gia", en="Who may take part", fr="Participants admis"),
    "en": Text(vi="Tiếng Anh", en="English", fr="Anglais"),
    "end": Text(vi="Đến trước", en="Until before", fr="Jusqu'avant"),
    "entry_gate": Text(vi="Điều kiện bước vào", en="Condition to enter", fr="Condition d'entrée"),
    "excluded_zones": Text(vi="Khu vực loại trừ", en="Excluded zones", fr="Zones exclues"),
    "exempted_provisions": Text(vi="Quy định được miễn", en="Provisions set aside", fr="Dispositions écartées"),
    "fr": Text(vi="Tiếng Pháp", en="French", fr="Français"),
    "id": Text(vi="Định danh", en="Identifier", fr="Identifiant"),
    "issued_at": Text(vi="Cấp lúc", en="Issued at", fr="Délivré le"),
    "kind": Text(vi="Hình thức", en="Kind", fr="Forme"),
    "latitude": Text(vi="Vĩ độ", en="Latitude", fr="Latitude"),
    "legal_basis": Text(vi="Căn cứ pháp lý", en="Legal basis", fr="Base légale"),
    "level": Text(vi="Mức thử nghiệm", en="Level of trial", fr="Niveau d'essai"),
    "limits": Text(vi="Giới hạn kỹ thuật", en="Technical limits", fr="Limites techniques"),
    "longitude": Text(vi="Kinh độ", en="Longitude", fr="Longitude"),
    "max_users": Text(vi="Số người tham gia tối đa", en="Most participants", fr="Participants au plus"),
    "method": Text(vi="Cách đo", en="Measured how", fr="Méthode de mesure"),
    "minors_allowed": Text(vi="Cho phép trẻ em", en="Minors allowed", fr="Mineurs admis"),
    "money": Text(vi="Giới hạn tiền", en="Caps of money", fr="Plafonds"),
    "name": Text(vi="Tên", en="Name", fr="Nom"),
    "number": Text(vi="Số", en="Number", fr="Numéro"),
    "organisation_id": Text(vi="Tổ chức", en="Organisation", fr="Organisme"),
    "per_day": Text(vi="Mỗi ngày", en="Per day", fr="Par jour"),
    "per_person": Text(vi="Mỗi người", en="Per person", fr="Par personne"),
    "phases": Text(vi="Giai đoạn", en="Phases", fr="Phases"),
    "previous_case_id": Text(vi="Hồ sơ trước", en="Earlier case", fr="Dossier précédent"),
    "procedure_code": Text(vi="Thủ tục", en="Procedure", fr="Procédure"),
    "procedure_version": Text(vi="Phiên bản thủ tục", en="Procedure version", fr="Version de la procédure"),
    "promised_at": Text(vi="Hẹn lại ngày", en="New day promised", fr="Nouvelle date promise"),
    "public_summary": Text(vi="Tóm tắt công khai", en="Public summary", fr="Résumé public"),
    "quantity": Text(vi="Đại lượng", en="Quantity", fr="Grandeur"),
    "reason": Text(vi="Lý do", en="Reason", fr="Motif"),
    "reasons": Text(vi="Lý do", en="Reasons", fr="Motifs"),
    "received_at": Text(vi="Ghi nhận lúc", en="Registered at", fr="Enregistré le"),
    "receiving_unit_id": Text(vi="Đơn vị tiếp nhận", en="Receiving unit", fr="Guichet"),
    "recommended_at": Text(vi="Trình lúc", en="Put before the signer at", fr="Présenté le"),
    "revoked_at": Text(vi="Thu hồi lúc", en="Revoked at", fr="Retiré le"),
    "safeguards": Text(vi="Biện pháp bảo vệ", en="Safeguards", fr="Garanties"),
    "scale": Text(vi="Tỷ lệ", en="Scale", fr="Échelle"),
    "sites": Text(vi="Địa điểm", en="Sites", fr="Sites"),
    "stage": Text(vi="Bước", en="Stage", fr="Étape"),
    "start": Text(vi="Từ", en="From", fr="Du"),
    "stop_cases": Text(vi="Trường hợp phải dừng", en="When to stop", fr="Cas d'arrêt"),
    "stop_contact": Text(vi="Liên hệ khi phải dừng", en="Contact for stopping", fr="Contact d'arrêt"),
    "submitted_at": Text(vi="Nộp lúc", en="Filed at", fr="Déposé le"),
    "supervising_unit_id": Text(vi="Đơn vị giám sát", en="Supervising unit", fr="Unité de supervision"),
    "suspended_at": Text(vi="Tạm dừng lúc", en="Suspended at", fr="Suspendu le"),
    "target_procedure": Text(vi="Thủ tục chuyển đến", en="Sent on to procedure", fr="Procédure de destination"),
    "terminated_at": Text(vi="Chấm dứt lúc", en="Terminated at", fr="Cessé le"),
    "terms": Text(vi="Nội dung cho phép", en="Terms", fr="Conditions de l'essai"),
    "terms_version": Text(vi="Phiên bản nội dung cho phép", en="Version of the terms", fr="Version des conditions"),
    "text": Text(vi="Nội dung", en="Words", fr="Texte"),
    "title": Text(vi="Tên đề nghị", en="Title", fr="Intitulé"),
    "total": Text(vi="Tổng cộng", en="In all", fr="Au total"),
    "transition_until": Text(vi="Chuyển tiếp đến", en="Transition until", fr="Transition jusqu'au"),
    "unit": Text(vi="Đơn vị đo", en="Unit", fr="Unité de mesure"),
    "updated_at": Text(vi="Thay đổi lúc", en="Changed at", fr="Modifié le"),
    "value": Text(vi="Giá trị", en="Value", fr="Valeur"),
    "version": Text(vi="Phiên bản", en="Version", fr="Version"),
    "vi": Text(vi="Tiếng Việt", en="Vietnamese", fr="Vietnamien"),
    "withdrawal": Text(vi="Xin rút hồ sơ", en="Withdrawal asked for", fr="Retrait demandé"),
}
