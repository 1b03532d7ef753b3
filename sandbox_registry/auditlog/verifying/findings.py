"""What a check of the log can find: a stable code for each, and a sentence in three languages."""

from dataclasses import dataclass, field

from sandbox_registry.domain.texts import Text
from sandbox_registry.transparency.checkpoints import Checkpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFinding:
    """One thing found. `index` is the leaf it concerns, null when it concerns the whole log.

    A note (`is_bad` false) says what could not be looked at, or what was lawfully taken out.
    """

    code: str
    text: Text
    index: int | None = None
    is_bad: bool = True


@dataclass(slots=True, kw_only=True)
class Report:
    """What was checked and what was found, in the order of the leaves where they have one."""

    checkpoint: Checkpoint | None = None
    cosigned_by: tuple[str, ...] = ()
    cosigned_at: int | None = None
    entries: int = 0
    records: int = 0
    rows: int = 0
    findings: list[LogFinding] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Say whether nothing bad was found."""
        return not any(finding.is_bad for finding in self.findings)

    @property
    def first_bad(self) -> LogFinding | None:
        """The bad finding with the lowest index; one about the whole log only when no leaf can be named.

        Damage to the log itself comes before what may only follow from it: a leaf that cannot be read any more also
        makes the row it recorded look wrong.
        """
        bad = [finding for finding in self.findings if finding.is_bad]
        return min(
            bad,
            key=lambda finding: (finding.code in CONSEQUENTIAL, finding.index is None, finding.index or 0),
            default=None,
        )

    def add(self, code: str, index: int | None = None, **values: object) -> None:
        """Add a finding by its code."""
        text = SENTENCES[code].format(index=index, **values)
        self.findings.append(LogFinding(code=code, text=text, index=index, is_bad=code not in NOTES))


NOTES = frozenset({"erased", "policy_unknown", "records_not_given", "not_compared", "records_absent"})
CONSEQUENTIAL = frozenset(
    {
        "documents_changed",
        "illegal_step",
        "not_permitted",
        "office_not_held",
        "row_changed",
        "row_missing",
        "version_order",
    }
)
SENTENCES: dict[str, Text] = {
    "unreadable": Text(vi="Không đọc được: {what}.", en="It cannot be read: {what}.", fr="Illisible : {what}."),
    "checkpoint_refused": Text(
        vi="Chữ ký trên điểm kiểm tra không hợp lệ với khóa đã cho ({what}). Nhật ký này không phải của nơi giữ khóa đó, hoặc đã bị sửa.",
        en="The checkpoint's signature does not fit the given key ({what}). This is not that key holder's log, or it was changed.",
        fr="La signature du point de contrôle ne correspond pas à la clé donnée ({what}). Ce journal n'est pas celui du détenteur, ou il a été modifié.",
    ),
    "policy_not_met": Text(
        vi="Điểm kiểm tra chưa có đủ chữ ký chứng kiến mà chính sách đòi hỏi ({what}).",
        en="The checkpoint lacks cosignatures that the policy asks for ({what}).",
        fr="Il manque au point de contrôle des cosignatures exigées par la politique ({what}).",
    ),
    "entry_changed": Text(
        vi="Mục {index} đã bị sửa: nội dung không khớp với dấu vết đã ký.",
        en="Entry {index} was changed: its content does not fit what was signed.",
        fr="L'entrée {index} a été modifiée : son contenu ne correspond pas à ce qui a été signé.",
    ),
    "entries_changed": Text(
        vi="Từ mục {index} đến mục {last} có mục đã bị sửa, cùng với tệp băm của chúng.",
        en="Among the entries from {index} to {last} some were changed, together with their hashes.",
        fr="Entre les entrées {index} et {last}, certaines ont été modifiées, avec leurs empreintes.",
    ),
    "entry_missing": Text(vi="Thiếu mục {index}.", en="Entry {index} is missing.", fr="L'entrée {index} manque."),
    "bundle_damaged": Text(
        vi="Tệp chứa các mục từ {index} bị hỏng hoặc bị cắt ({what}).",
        en="The file with the entries from {index} on is damaged or cut ({what}).",
        fr="Le fichier des entrées à partir de {index} est endommagé ou tronqué ({what}).",
    ),
    "tile_damaged": Text(
        vi="Tệp băm {what} bị hỏng từ mục {index}; chính các mục thì đúng.",
        en="The hash file {what} is damaged from entry {index} on; the entries themselves are right.",
        fr="Le fichier d'empreintes {what} est endommagé à partir de l'entrée {index} ; les entrées sont justes.",
    ),
    "another_tree": Text(
        vi="Toàn bộ nhật ký không khớp với điểm kiểm tra: {what}.",
        en="The log as a whole does not fit the checkpoint: {what}.",
        fr="Le journal dans son ensemble ne correspond pas au point de contrôle : {what}.",
    ),
    "went_back": Text(
        vi="Nhật ký đã ngắn đi: điểm kiểm tra cũ có {old} mục, nay chỉ còn {index}.",
        en="The log became shorter: an earlier checkpoint has {old} entries, now there are {index}.",
        fr="Le journal a raccourci : un point antérieur compte {old} entrées, il n'en reste que {index}.",
    ),
    "split_view": Text(
        vi="Hai điểm kiểm tra mâu thuẫn nhau: trong {old} mục đầu có mục đã bị thay (nhật ký bị tách đôi).",
        en="Two checkpoints contradict each other: some of the first {old} entries were replaced (a split view).",
        fr="Deux points de contrôle se contredisent : parmi les {old} premières entrées, certaines ont été remplacées (double vue).",
    ),
    "replaced": Text(
        vi="Mục {index} khác với bản sao đã lưu trước đây.",
        en="Entry {index} differs from the copy that was kept earlier.",
        fr="L'entrée {index} diffère de la copie conservée auparavant.",
    ),
    "leaf_hash": Text(
        vi="Giá trị băm lưu cùng mục {index} trong cơ sở dữ liệu không phải của mục đó.",
        en="The hash kept with entry {index} in the database is not that of the entry.",
        fr="L'empreinte conservée avec l'entrée {index} n'est pas la sienne.",
    ),
    "leaf_columns": Text(
        vi="Các cột tra cứu của mục {index} không khớp với nội dung mục ({what}).",
        en="The columns that entry {index} is found by do not fit the entry ({what}).",
        fr="Les colonnes de recherche de l'entrée {index} ne correspondent pas à l'entrée ({what}).",
    ),
    "head": Text(
        vi="Đầu nhật ký trong cơ sở dữ liệu không phải của các mục đang có.",
        en="The head of the log in the database is not that of the entries it holds.",
        fr="La tête du journal dans la base n'est pas celle des entrées présentes.",
    ),
    "entry_malformed": Text(
        vi="Mục {index} không đúng định dạng.",
        en="Entry {index} is not of the form an entry has.",
        fr="L'entrée {index} n'a pas la forme attendue.",
    ),
    "record_missing": Text(
        vi="Thiếu bản ghi của mục {index}, và không có quyết định xóa nào.",
        en="The record of entry {index} is missing, and no erasure accounts for it.",
        fr="L'enregistrement de l'entrée {index} manque, sans effacement qui l'explique.",
    ),
    "record_changed": Text(
        vi="Bản ghi của mục {index} đã bị sửa: không khớp với cam kết trong nhật ký.",
        en="The record of entry {index} was changed: it does not open the commitment in the log.",
        fr="L'enregistrement de l'entrée {index} a été modifié : il n'ouvre pas l'engagement du journal.",
    ),
    "record_unknown": Text(
        vi="Có bản ghi {index} mà nhật ký không có mục đó.",
        en="There is a record {index} for which the log has no entry.",
        fr="Il existe un enregistrement {index} sans entrée au journal.",
    ),
    "erased": Text(
        vi="Bản ghi của mục {which} đã được xóa ngày {on} theo yêu cầu của {asked}, {by} phê duyệt: {why}. Chuỗi chứng minh vẫn nguyên vẹn.",
        en="The record of entry {which} was erased on {on}, asked for by {asked}, approved by {by}: {why}. The proofs still hold.",
        fr="L'enregistrement de l'entrée {which} a été effacé le {on}, demandé par {asked}, approuvé par {by} : {why}. Les preuves restent valables.",
    ),
    "erased_returned": Text(
        vi="Bản ghi của mục {index} đã được xóa theo mục {leaf}, nhưng lại có trở lại.",
        en="The record of entry {index} was erased by entry {leaf}, and yet it is here again.",
        fr="L'enregistrement de l'entrée {index} a été effacé par l'entrée {leaf}, et pourtant il est de retour.",
    ),
    "erasure_wrong": Text(
        vi="Việc xóa ở mục {index} không do hai người quyết định, hoặc bản ghi của nó nêu các mục khác.",
        en="The erasure at entry {index} was not agreed to by two persons, or its record names other entries.",
        fr="L'effacement de l'entrée {index} n'a pas été décidé par deux personnes, ou son enregistrement vise d'autres entrées.",
    ),
    "row_changed": Text(
        vi="Dòng {kind} {identity} trong cơ sở dữ liệu khác với bản ghi cuối của nó ở mục {index}: {what}.",
        en="The row {kind} {identity} differs from its last record, at entry {index}: {what}.",
        fr="La ligne {kind} {identity} diffère de son dernier enregistrement, à l'entrée {index} : {what}.",
    ),
    "row_missing": Text(
        vi="Dòng {kind} {identity} được ghi ở mục {index} không còn trong cơ sở dữ liệu.",
        en="The row {kind} {identity}, recorded at entry {index}, is gone from the database.",
        fr="La ligne {kind} {identity}, consignée à l'entrée {index}, a disparu de la base.",
    ),
    "row_unrecorded": Text(
        vi="Dòng {kind} {identity} không có bản ghi nào trong nhật ký.",
        en="The row {kind} {identity} has no record in the log.",
        fr="La ligne {kind} {identity} n'a aucun enregistrement au journal.",
    ),
    "documents_changed": Text(
        vi="Tài liệu của hồ sơ {identity} khác với bản đã nộp, ghi ở mục {index}.",
        en="The documents of case {identity} differ from those filed, recorded at entry {index}.",
        fr="Les pièces du dossier {identity} diffèrent de celles déposées, consignées à l'entrée {index}.",
    ),
    "version_order": Text(
        vi="Ở mục {index}, {kind} {identity} có phiên bản {version} không lớn hơn phiên bản trước.",
        en="At entry {index}, {kind} {identity} has version {version}, which is not above the one before.",
        fr="À l'entrée {index}, {kind} {identity} porte la version {version}, non supérieure à la précédente.",
    ),
    "illegal_step": Text(
        vi="Bước ở mục {index} không hợp pháp: «{act}» từ «{before}» đến «{after}».",
        en="The step at entry {index} was not legal: «{act}» from «{before}» to «{after}».",
        fr="L'étape de l'entrée {index} n'était pas légale : « {act} » de « {before} » à « {after} ».",
    ),
    "not_permitted": Text(
        vi="Việc ở mục {index} không được chính sách phân quyền cho phép: «{act}» theo dòng «{line}».",
        en="The act at entry {index} was not allowed by the policy in force: «{act}» under line «{line}».",
        fr="L'acte de l'entrée {index} n'était pas permis par la politique en vigueur : « {act} » selon « {line} ».",
    ),
    "policy_unknown": Text(
        vi="Không có bản chính sách phân quyền {version}; {count} mục chưa được đối chiếu, từ mục {index}.",
        en="The policy {version} is not at hand; {count} entries were not held against it, from entry {index} on.",
        fr="La politique {version} n'est pas disponible ; {count} entrées non confrontées, à partir de {index}.",
    ),
    "policy_unannounced": Text(
        vi="Mục {index} dựa vào chính sách phân quyền {version} mà nhật ký chưa từng công bố.",
        en="Entry {index} rests on the policy {version}, which the log had not announced.",
        fr="L'entrée {index} repose sur la politique {version}, que le journal n'avait pas annoncée.",
    ),
    "policy_text": Text(
        vi="Bản chính sách {version} ghi ở mục {index} không đúng với mã kiểm tra của nó, hoặc không nối tiếp bản trước.",
        en="The policy {version} recorded at entry {index} is not the one its digest names, or does not follow the one before.",
        fr="La politique {version} de l'entrée {index} n'est pas celle que nomme son empreinte, ou ne suit pas la précédente.",
    ),
    "office_not_held": Text(
        vi="Việc ở mục {index} («{act}») được làm với chức danh «{role}» mà người đó không giữ vào lúc ấy.",
        en="The act at entry {index} («{act}») was done in the office «{role}», which the person did not hold then.",
        fr="L'acte de l'entrée {index} (« {act} ») a été fait au titre de « {role} », fonction non détenue alors.",
    ),
    "procedure_unknown": Text(
        vi="Mục {index} dựa vào bản quy trình {what} không có trong cơ sở dữ liệu hoặc đã bị sửa.",
        en="Entry {index} rests on the procedure {what}, which is not in the database or was changed.",
        fr="L'entrée {index} repose sur la procédure {what}, absente de la base ou modifiée.",
    ),
    "records_not_given": Text(
        vi="Không có bản ghi nào để đối chiếu; chỉ kiểm tra được nhật ký.",
        en="No records were given; only the log itself was checked.",
        fr="Aucun enregistrement fourni ; seul le journal a été vérifié.",
    ),
    "not_compared": Text(
        vi="{count} dòng không đối chiếu được vì bản ghi cuối đã được xóa hợp pháp.",
        en="{count} rows could not be compared, because their last record was lawfully erased.",
        fr="{count} lignes n'ont pu être comparées, leur dernier enregistrement ayant été légalement effacé.",
    ),
    "proof_wrong": Text(
        vi="Bằng chứng của mục {index} không dẫn tới điểm kiểm tra đã ký.",
        en="The proof of entry {index} does not lead to the signed checkpoint.",
        fr="La preuve de l'entrée {index} ne mène pas au point de contrôle signé.",
    ),
    "records_absent": Text(
        vi="{count} mục không kèm bản ghi, từ mục {index}: người nhận không được xem, hoặc đã xóa hợp pháp.",
        en="{count} entries come without their record, from entry {index} on: not for this reader, or lawfully erased.",
        fr="{count} entrées sans enregistrement, à partir de {index} : non destiné à ce lecteur, ou légalement effacé.",
    ),
}
