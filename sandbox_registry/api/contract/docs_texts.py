"""What the pages about the API say around the OpenAPI document, in the three languages."""

from sandbox_registry.domain.texts import Text

INTRODUCTION = Text(
    vi="""Sổ đăng ký thử nghiệm có kiểm soát: hồ sơ, thẩm định theo quy tắc bằng văn bản, giấy phép có thời hạn.

Mọi lỗi đều là `application/problem+json` (RFC 9457) với `code` không thay đổi. Phương thức mà địa chỉ không nhận được
trả lời bằng 405 và `Allow`. Đối tượng chỉ có những trường mô tả ở đây; yêu cầu có trường khác bị từ chối. Tham số mà
địa chỉ không nêu tên, hoặc tham số chỉ nhận một giá trị mà gửi hai lần, cũng bị từ chối: 400, `errors` nêu từng tham số.
Điều không được phép biết được trả lời như điều không tồn tại: 404.

Tên trường, mã lỗi và mô tả chi tiết của từng địa chỉ, kiểu dữ liệu được viết bằng tiếng Anh, như trong `openapi.json`.""",
    en="""A registry for controlled testing: dossiers, review under written policy, time-boxed permits.

Every error is `application/problem+json` (RFC 9457) with a stable `code`. A method that an address does not support is
answered with 405 and `Allow`. Objects have no fields but those described here, and requests with others are refused.
So are query parameters that an operation does not name, and repeated ones that take a single value: 400, with each named
in `errors`. What you may not know of is answered like what does not exist: 404.""",
    fr="""Un registre d'expérimentations encadrées : dossiers, instruction selon des règles écrites, permis à durée limitée.

Toute erreur est un `application/problem+json` (RFC 9457) avec un `code` stable. Une méthode que l'adresse n'accepte pas
reçoit 405 et `Allow`. Les objets n'ont que les champs décrits ici ; une requête qui en contient d'autres est refusée.
Les paramètres que l'opération ne nomme pas, ou répétés alors qu'ils n'ont qu'une valeur, sont refusés : 400, et
`errors` nomme chacun.
Ce qu'on n'a pas le droit de connaître reçoit la réponse de ce qui n'existe pas : 404.

Les descriptions des adresses et des types sont en anglais, comme dans `openapi.json`.""",
)
TAG_NAMES = {
    "applications": Text(vi="Hồ sơ", en="Applications", fr="Dossiers"),
    "documents": Text(vi="Tài liệu của hồ sơ", en="Documents", fr="Documents"),
    "intake": Text(vi="Tiếp nhận hồ sơ", en="Intake", fr="Réception"),
    "appraisal": Text(vi="Thẩm định", en="Appraisal", fr="Instruction"),
    "decisions": Text(vi="Quyết định", en="Decisions", fr="Décisions"),
    "histories": Text(vi="Lịch sử và chứng cứ", en="Histories", fr="Historiques"),
    "permits": Text(vi="Giấy phép thử nghiệm", en="Permits", fr="Permis"),
    "exports": Text(vi="Xuất dữ liệu", en="Exports", fr="Exports"),
    "organisations": Text(vi="Tổ chức", en="Organisations", fr="Organisations"),
    "people": Text(vi="Tài khoản", en="Accounts", fr="Comptes"),
    "offices": Text(vi="Chức vụ và ủy quyền", en="Offices", fr="Fonctions et délégations"),
    "procedures": Text(vi="Quy trình", en="Procedures", fr="Procédures"),
    "tokens": Text(vi="Đăng nhập và mã truy cập", en="Logging in and tokens", fr="Connexion et jetons"),
    "erasures": Text(vi="Xóa dữ liệu cá nhân", en="Erasure", fr="Effacement"),
    "webhooks": Text(vi="Báo tự động cho máy", en="Webhooks", fr="Webhooks"),
}
TAG_MEANINGS = {
    "applications": Text(
        vi="Hồ sơ từ bản nháp đến quyết định, và thư trao đổi.",
        en="Dossiers from the draft to the decision, and the letters about them.",
        fr="Les dossiers, du brouillon à la décision, et leurs lettres.",
    ),
    "documents": Text(
        vi="Các tệp của một hồ sơ.",
        en="The files of a dossier.",
        fr="Les fichiers d'un dossier.",
    ),
    "intake": Text(
        vi="Việc của bộ phận một cửa.",
        en="What the one-stop unit does.",
        fr="Le travail du guichet unique.",
    ),
    "appraisal": Text(
        vi="Việc của chuyên viên, người phản biện, cơ quan được lấy ý kiến và hội đồng.",
        en="What officers, reviewers, agencies and the council do.",
        fr="Le travail des agents, des rapporteurs, des services consultés et du conseil.",
    ),
    "decisions": Text(
        vi="Báo cáo thẩm định và quyết định.",
        en="Recommendations and decisions.",
        fr="Rapports d'instruction et décisions.",
    ),
    "histories": Text(
        vi="Hồ sơ từng ở trạng thái nào, điều gì thay đổi, ai đã làm gì, và chứng cứ.",
        en="How a case stood, what changed, who did what, and the proof of it.",
        fr="L'état passé d'un dossier, ce qui a changé, qui a fait quoi, et la preuve.",
    ),
    "permits": Text(
        vi="Giấy phép thử nghiệm.",
        en="Trial permits.",
        fr="Permis d'expérimentation.",
    ),
    "exports": Text(
        vi="Mọi thứ được phép liệt kê, trong một tệp hoặc một nguồn tin.",
        en="Everything you may list, in one file or one feed.",
        fr="Tout ce qu'on peut lister, en un fichier ou un flux.",
    ),
    "organisations": Text(
        vi="Bên đề nghị, thành viên của họ, và các đơn vị nhà nước.",
        en="Applicants, their members, and the state agencies.",
        fr="Les demandeurs, leurs membres et les services de l'État.",
    ),
    "people": Text(
        vi="Tài khoản.",
        en="Accounts.",
        fr="Les comptes.",
    ),
    "offices": Text(
        vi="Chức trách và quyền ký được ủy quyền.",
        en="Offices and delegated signing authority.",
        fr="Les fonctions, et le pouvoir de signer délégué.",
    ),
    "procedures": Text(
        vi="Thủ tục và lịch làm việc: quy định dưới dạng dữ liệu.",
        en="Procedures and calendars: regulation as data.",
        fr="Procédures et calendriers : les règles comme données.",
    ),
    "tokens": Text(
        vi="Đăng nhập, và mã truy cập cho chương trình.",
        en="Logging in, and tokens for programs.",
        fr="Connexion, et jetons pour les programmes.",
    ),
    "erasures": Text(
        vi="Đề nghị xóa dữ liệu cá nhân, và lệnh giữ nguyên hồ sơ.",
        en="Requests to erase personal data, and orders to keep it.",
        fr="Demandes d'effacement de données personnelles, et mesures de conservation.",
    ),
    "webhooks": Text(
        vi="Máy được báo khi có việc xảy ra.",
        en="Machines that are told what happens.",
        fr="Les machines averties de ce qui se passe.",
    ),
}
