"""Sentences of the OpenAPI document in Vietnamese: what operations, parameters, fields and problem codes mean."""

from collections.abc import Mapping

VIETNAMESE_SENTENCES: Mapping[str, str] = {
    # Operations.
    "`after` is the cursor of the page before. An applicant sees offices instead of officials, and neither what was "
    "refused nor who read the case.": "`after` là con trỏ của trang trước. Tổ chức, cá nhân đề nghị thấy chức vụ thay "
    "cho tên cán bộ, không thấy việc bị từ chối và ai đã đọc hồ sơ.",
    "`bom` puts a byte order mark in front, which spreadsheets ask for. Texts that would be taken for formulas begin "
    "with an apostrophe.": "`bom` đặt dấu thứ tự byte ở đầu cho phần mềm bảng tính. Nội dung có thể bị hiểu là công "
    "thức được thêm dấu nháy đơn ở đầu.",
    "`ends_before` finds the permits whose window is over by then. `q` finds without diacritics in the dossier, and by "
    "the beginning of a permit number. `after` is the cursor of the page before. A permit that begins or ends by the "
    "clock, or whose suspension is lifted, does not count as changed.": "`ends_before` tìm giấy phép hết thời hạn trước "
    "lúc đó. `q` tìm không dấu trong hồ sơ và theo phần đầu số giấy phép. `after` là con trỏ của trang trước. Giấy phép "
    "tự bắt đầu, tự kết thúc theo giờ hoặc được bỏ tạm dừng không tính là đã thay đổi.",
    "`q` finds without diacritics. `after` is the cursor of the page before. What you may not read is not counted. Who "
    "follows changes asks each time from a minute before the newest one seen: acts may end out of order.": "`q` tìm "
    "không dấu. `after` là con trỏ của trang trước. Hồ sơ không được phép đọc không được đếm. Ai theo dõi thay đổi thì "
    "mỗi lần hỏi lại từ một phút trước thay đổi mới nhất đã thấy, vì các việc có thể kết thúc không theo thứ tự.",
    "`q` finds without diacritics in the name or the e-mail address.": "`q` tìm không dấu trong tên hoặc địa chỉ thư điện tử.",
    "`q` finds without diacritics in the name, or begins the tax code.": "`q` tìm không dấu trong tên, hoặc là phần đầu mã số thuế.",
    "A body is needed only where the approval names no basis for a bound that the procedure leaves open: approvals made "
    "before they had to.": "Chỉ cần gửi nội dung khi quyết định chấp thuận không nêu căn cứ cho giới hạn mà thủ tục để "
    "ngỏ: các quyết định ban hành trước khi phải nêu.",
    "A conflict ends every part one has in the case, for good.": "Có xung đột lợi ích thì mọi phần việc của người đó "
    "trong hồ sơ chấm dứt hẳn.",
    "A token for some `procedures` knows of no other case: others are not found and in no list, and acts on accounts, "
    "offices, rules and webhooks are closed to it. From elsewhere than its `addresses` it is as good as unknown.": "Mã "
    "truy cập giới hạn theo `procedures` không biết đến hồ sơ khác: không tìm thấy, không có trong danh sách; việc về "
    "tài khoản, chức vụ, quy tắc và webhook đều đóng với nó. Dùng từ nơi khác `addresses` thì coi như không tồn tại.",
    "A wrong password, an unknown address and a closed account get the same answer.": "Mật khẩu sai, địa chỉ không có "
    "và tài khoản đã đóng nhận cùng một câu trả lời.",
    "An Idempotency-Key has no effect here: an answer that holds a secret is not kept.": "Idempotency-Key không có tác "
    "dụng ở đây: câu trả lời chứa bí mật không được lưu.",
    "At another address it is pending again, until it has answered a challenge there.": "Đổi địa chỉ thì điểm nhận phải "
    "chờ xác minh lại, cho đến khi trả lời được thử thách tại đó.",
    "Dossiers already received keep theirs. Needs If-Match.": "Hồ sơ đã tiếp nhận giữ phiên bản của mình. Cần If-Match.",
    "Edits of a draft or of an open supplement leave versions of the dossier instead; filing records it whole.": "Sửa "
    "bản nháp hoặc phần bổ sung đang mở thì để lại phiên bản hồ sơ; khi nộp, toàn bộ được ghi vào nhật ký.",
    "Events are the leaves of the audit log. People appear under pseudonyms only; what was refused does not appear.": "Sự "
    "kiện là các mục của nhật ký. Mọi người chỉ hiện dưới bí danh; việc bị từ chối không có trong đó.",
    "Every broken rule comes back at once, each with its field.": "Mọi quy tắc bị vi phạm được trả về cùng lúc, kèm tên "
    "trường.",
    "Every finding of the lint comes back with its key.": "Mọi điểm sai khi kiểm tra được trả về kèm khóa của nó.",
    "Every member declares interests before opening the dossier.": "Mỗi thành viên kê khai lợi ích trước khi mở hồ sơ.",
    "Every rule the decision breaks comes back at once, each with its field.": "Mọi quy tắc mà quyết định vi phạm được "
    "trả về cùng lúc, kèm tên trường.",
    "Every token one has ends, this one as well: log in again.": "Mọi mã truy cập của mình đều chấm dứt, kể cả mã đang "
    "dùng: hãy đăng nhập lại.",
    "For a while both sign: `webhook-signature` then holds two signatures.": "Trong một thời gian cả hai cùng ký: khi đó "
    "`webhook-signature` có hai chữ ký.",
    "It cannot be delegated further.": "Không được ủy quyền lại.",
    "It holds the published entries with their proofs, the records you may see, documents by digest only, a timeline and "
    "a page that checks it all. Taking it out is itself on record.": "Trong đó có các mục đã công bố kèm chứng cứ, các "
    "bản ghi được phép xem, mã băm của tài liệu, bảng diễn biến và một trang để kiểm tra tất cả. Việc lấy ra cũng được "
    "ghi vào nhật ký.",
    "It is final.": "Đây là việc cuối cùng, không sửa được.",
    "It may do no more than the token this request is sent with.": "Mã mới không được làm nhiều hơn mã đang dùng để gửi "
    "yêu cầu này.",
    "It stays pending until it has answered an `endpoint.check` event with its challenge.": "Điểm nhận chờ xác minh cho "
    "đến khi trả lời sự kiện `endpoint.check` bằng đúng thử thách.",
    "Kept for 30 days.": "Được giữ 30 ngày.",
    "Needs If-Match.": "Cần If-Match.",
    "Needs If-Match with the case's version.": "Cần If-Match với phiên bản của hồ sơ.",
    "Needs If-Match with the membership's version.": "Cần If-Match với phiên bản của tư cách thành viên.",
    "Needs If-Match with the sitting's version.": "Cần If-Match với phiên bản của phiên họp.",
    "Nobody gives one to themselves.": "Không ai tự trao chức vụ cho mình.",
    "Nothing is erased until a signer confirms.": "Chưa xóa gì cho đến khi người có thẩm quyền ký xác nhận.",
    "On line filing is receipt: the terms run from `submitted_at`. The code comes with the registration.": "Nộp trực "
    "tuyến là đã nhận: thời hạn tính từ `submitted_at`. Mã hồ sơ có khi vào sổ.",
    "Only its legal representative gives the power to sign.": "Chỉ người đại diện theo pháp luật trao quyền ký.",
    "Send an Idempotency-Key, so that a repeated request is one letter.": "Hãy gửi Idempotency-Key để yêu cầu lặp lại "
    "chỉ thành một thư.",
    "Silence is never consent.": "Im lặng không bao giờ là đồng ý.",
    "The answer's `secret` goes into `Authorization: Bearer ...`, and is shown once.": "`secret` trong câu trả lời đặt "
    "vào `Authorization: Bearer ...` và chỉ hiện một lần.",
    "The entries of the log stay, so every proof still holds; the records beside them, and the words in the rows, "
    "go.": "Các mục của nhật ký ở lại nên mọi chứng cứ vẫn đúng; các bản ghi kèm theo và nội dung trong bảng bị xóa.",
    "The link `next` leads to the next page. `If-None-Match` saves an unchanged page.": "Liên kết `next` dẫn đến trang "
    "sau. `If-None-Match` tránh tải lại trang không đổi.",
    "Those that fail once more are dead letters again.": "Sự kiện lại gửi hỏng thì trở lại danh sách không gửi được.",
    "What is shown comes from the records behind the log, so each part of it can be proved. A moment that is yet to "
    "come, or lies before the case was begun, is refused (422).": "Nội dung lấy từ các bản ghi sau nhật ký nên phần nào "
    "cũng chứng minh được. Thời điểm chưa đến, hoặc trước khi lập hồ sơ, bị từ chối (422).",
    "Who does declares to be its legal representative; that declaration is on record.": "Người đăng ký tự khai là người "
    "đại diện theo pháp luật; lời khai đó được ghi lại.",
    # Parameters and successes.
    "A day (`2026-11-20`: its end in Cà Mau; of today, now) or a moment with its offset.": "Một ngày (`2026-11-20`: cuối "
    "ngày ở Cà Mau; hôm nay thì là lúc này) hoặc một thời điểm kèm độ lệch giờ.",
    "Created": "Đã tạo",
    "Makes a repeated request safe: the same key with the same body gets the same answer, byte for byte, for 24 hours; "
    "with another body 422; while the first is being handled 409.": "Để lặp lại yêu cầu mà không làm hai lần: cùng khóa, "
    "cùng nội dung thì nhận đúng câu trả lời cũ, từng byte, trong 24 giờ; nội dung khác thì 422; yêu cầu đầu còn đang xử "
    "lý thì 409.",
    "Not Modified": "Không thay đổi",
    "OK": "Thành công",
    "The ETag of the page you have; 304 while it is unchanged.": "ETag của trang đang có; chưa đổi thì trả lời 304.",
    "The ETag of the version you read. Missing: 428. Another version: 412.": "ETag của phiên bản đã đọc. Thiếu: 428. "
    "Phiên bản khác: 412.",
    "The language of what people read: `vi` (the default), `en` or `fr`.": "Ngôn ngữ của phần để người đọc: `vi` (mặc "
    "định), `en` hoặc `fr`.",
    # Fields.
    "Actions to which the token is limited; null: whatever its holder may do.": "Những việc mà mã được làm; null: mọi "
    "việc chủ mã được làm.",
    "Addresses or networks from which the token is taken; null: from everywhere.": "Địa chỉ hoặc mạng mà từ đó mã được "
    "chấp nhận; null: từ mọi nơi.",
    "After so many attempts it is dead.": "Sau ngần ấy lần thử thì thôi gửi.",
    "Every day of the computation: counted or not, and why.": "Từng ngày của phép tính: có tính hay không, và vì sao.",
    "For whom the signer signed, under a delegation.": "Ký thay ai, theo ủy quyền nào.",
    "Grows with every change; what ETag and If-Match carry.": "Tăng sau mỗi lần thay đổi; là số trong ETag và If-Match.",
    "How long the old secret signs beside the new one.": "Bí mật cũ còn ký cùng bí mật mới trong bao lâu.",
    "How long the token lasts.": "Mã có hiệu lực trong bao lâu.",
    "How many days have counted, this one included.": "Đã tính được bao nhiêu ngày, kể cả ngày này.",
    "Procedures to whose cases the token is limited; null: no such limit.": "Mã chỉ dùng cho hồ sơ của các thủ tục này; "
    "null: không giới hạn.",
    "SHA-256 of the file that this version of the rules is.": "SHA-256 của tệp là phiên bản quy tắc này.",
    "SHA-256 of the file's bytes, in hexadecimal.": "SHA-256 của nội dung tệp, hệ thập lục phân.",
    "SHA-256 of the version of the procedure that the case was filed under and keeps.": "SHA-256 của phiên bản thủ tục "
    "mà hồ sơ được nộp theo và giữ nguyên.",
    "The act that gave the date.": "Việc đã đưa ra ngày này.",
    "The calendar of working days that gave the date.": "Lịch ngày làm việc dùng để tính ngày này.",
    "Why there is no date: the procedure sets no term, or the calendar does not reach that far.": "Vì sao không có ngày: "
    "thủ tục không quy định thời hạn, hoặc lịch chưa đến ngày đó.",
    "Every date the deadline was given, oldest first; the last one counts.": "Mọi ngày hẹn đã có của thời hạn, cũ trước; "
    "ngày cuối cùng có giá trị.",
    "The calendar of working days that was in force for this computation.": "Lịch ngày làm việc có hiệu lực cho phép tính.",
    "The case's code, given when the dossier is received; null before.": "Mã hồ sơ, cấp khi vào sổ; trước đó là null.",
    "The cursor to send as `after` for the next page; null at the end.": "Con trỏ để gửi làm `after` cho trang sau; hết "
    "thì là null.",
    "The day on which the unit asked is reminded.": "Ngày nhắc đơn vị được hỏi.",
    "The form's answers by section and field, as the procedure's form names them.": "Nội dung tờ khai theo phần và "
    "trường, đúng tên trong mẫu của thủ tục.",
    "Nobody files under a procedure that a unit handles in which they hold an office.": "Không ai nộp hồ sơ theo thủ tục do đơn vị mình đang giữ vai trò xử lý.",
    "The window of the proposed office is over.": "Thời gian giữ chức trách được đề xuất đã qua.",
    "Who opened an account, or set its password, confirms nothing that it proposed, and no office for it.": "Người đã mở tài khoản hoặc đặt mật khẩu cho tài khoản không được xác nhận đề xuất của tài khoản đó, cũng không xác nhận chức trách cho nó.",
    "The holder's licence leaves no time for a trial.": "Giấy phép hoạt động của bên đề nghị không còn thời gian để thử nghiệm.",
    "The last day of the term.": "Ngày cuối của thời hạn.",
    "The level of risk, by the keys of the procedure; null until it is set.": "Mức rủi ro, theo khóa của thủ tục; chưa "
    "ấn định thì là null.",
    "The line of the policy that allowed or refused it.": "Dòng chính sách đã cho phép hoặc từ chối.",
    "The procedure of the case has no such step from here.": "Thủ tục của hồ sơ không có bước này từ giai đoạn hiện tại.",
    "That line in words; null when it was no line of the policy that decided.": "Tên gọi của dòng đó; null khi không phải dòng chính sách quyết định.",
    "The moment by which the result is promised, as promised last; null while the clock is stopped.": "Thời điểm hẹn trả kết quả.",
    "The moment the term ends, exclusive; null while the clock is paused, or the length is unknown.": "Thời điểm hết "
    "hạn, không kể chính lúc đó; null khi đồng hồ tạm dừng hoặc chưa biết độ dài.",
    "The name its authors gave this version.": "Tên mà người soạn đặt cho phiên bản này.",
    "The nearest moment at which somebody owes something in this case; null when nobody does.": "Thời hạn gần nhất mà có "
    "người phải làm việc gì trong hồ sơ; không ai phải làm thì là null.",
    "The number of the log's entry that records this.": "Số mục nhật ký ghi việc này.",
    "The office in which the person acted; null for an applicant.": "Chức vụ của người thực hiện; tổ chức, cá nhân đề "
    "nghị thì là null.",
    "The organisation for which the caller signs in this session.": "Tổ chức mà người gọi ký thay trong phiên này.",
    "The refused or closed case that this dossier follows.": "Hồ sơ trước đã bị từ chối hoặc đã đóng mà hồ sơ này nối "
    "tiếp.",
    "The same moment with the time of day in Vietnam.": "Cùng thời điểm đó theo giờ Việt Nam.",
    "What the caller may do with it now: the actions' names.": "Những việc người gọi được làm lúc này: mã việc.",
    "What the deadline belongs to where a case has several of one name: a round, a consultation.": "Thời hạn thuộc về "
    "lần nào, khi hồ sơ có nhiều thời hạn cùng tên: một lần bổ sung, một lần lấy ý kiến.",
    "When the consultation was closed without an answer in time.": "Lúc khép lại việc lấy ý kiến vì quá hạn không trả "
    "lời.",
    "When the level of risk was set.": "Lúc ấn định mức rủi ro.",
    "Where it stands in its life.": "Đang ở giai đoạn nào.",
    "Where the proof is that the log records this.": "Nơi lấy chứng cứ rằng nhật ký đã ghi việc này.",
    "Whether the day counts.": "Ngày này có tính hay không.",
    "Whether the person has an interest in the case and must stay out of it.": "Người này có lợi ích liên quan và phải "
    "đứng ngoài hồ sơ hay không.",
    "Whether the procedure is a proposal without force of law.": "Thủ tục có phải là đề xuất chưa có hiệu lực hay không.",
    "Whether the year's public holidays are not yet known officially.": "Lịch nghỉ lễ của năm có chưa được công bố chính "
    "thức hay không.",
    "Which field differs.": "Trường nào khác nhau.",
    "Which version of the policy decided.": "Phiên bản chính sách đã quyết định.",
    "Why it was refused; null when it was done.": "Vì sao bị từ chối; đã làm thì là null.",
    "`done` or `refused`.": "`done` (đã làm) hoặc `refused` (bị từ chối).",
    "the value times `scale`, a whole number": "giá trị nhân với `scale`, là số nguyên",
    # Problem codes.
    "A body, header or parameter does not have the form described here; `errors` says where.": "Nội dung, tiêu đề hoặc "
    "tham số không đúng dạng mô tả ở đây; `errors` cho biết chỗ nào.",
    "A complaint was filed in the case, so it is kept.": "Hồ sơ đã có khiếu nại nên được giữ lại.",
    "A legal hold keeps the case as it is.": "Hồ sơ đang được lệnh giữ nguyên.",
    "A member of the People's Council cannot hold an office that handles cases.": "Đại biểu HĐND không được giữ chức vụ "
    "giải quyết hồ sơ.",
    "A member who is present has not voted.": "Có thành viên dự họp chưa biểu quyết.",
    "A quota is used up; `rooms` are the limits that were asked, `seconds` says when to come back.": "Đã hết hạn mức; "
    "`rooms` là các hạn mức đã hỏi, `seconds` cho biết khi nào quay lại.",
    "A version cannot take effect in the past.": "Phiên bản không thể có hiệu lực trong quá khứ.",
    "An inspector or auditor cannot hold an office that handles cases.": "Thanh tra, kiểm toán không được giữ chức vụ "
    "giải quyết hồ sơ.",
    "An organisation always needs somebody who can sign.": "Tổ chức luôn phải có người được ký.",
    "An organisation has at most ten webhook endpoints.": "Mỗi tổ chức có tối đa mười điểm nhận webhook.",
    "It does not exist, or you may not know that it does.": "Không có, hoặc không được phép biết là có.",
    "It exists already, or was done already.": "Đã có, hoặc đã làm rồi.",
    "It is too late for a notice of delay.": "Đã quá muộn để xin lỗi, hẹn lại ngày trả kết quả.",
    "More bytes arrived than this part of the dossier takes.": "Tệp lớn hơn mức thành phần hồ sơ này cho phép.",
    "No checkpoint of the log is published yet.": "Chưa công bố điểm chốt nào của nhật ký.",
    "No personal data is left to erase.": "Không còn dữ liệu cá nhân để xóa.",
    "No token, or one that is unknown, expired, revoked or not for use from there.": "Không có mã truy cập, hoặc mã "
    "không tồn tại, hết hạn, đã thu hồi hay không được dùng từ nơi đó.",
    "Nobody can say whether a quota is used up, and this must not be done without knowing.": "Lúc này không biết hạn mức "
    "còn hay hết, mà việc này không được làm khi chưa biết.",
    "Nobody gives offices or powers to themselves, nor takes them.": "Không ai tự trao hay tự thu chức vụ, quyền hạn của "
    "mình.",
    "Not a member of this council.": "Không phải thành viên hội đồng này.",
    "One erasure names at most 5000 records.": "Một lần xóa nêu tối đa 5000 bản ghi.",
    "People delegate and revoke only their own signing authority, and withdraw only their own requests.": "Chỉ được ủy quyền, thu hồi "
    "quyền của chính mình và rút đề nghị của chính mình.",
    "Only the legal representative gives or revokes the power to sign.": "Chỉ người đại diện theo pháp luật trao hoặc "
    "thu quyền ký.",
    "Only what the supplement request names may be changed.": "Chỉ được sửa những gì yêu cầu bổ sung nêu ra.",
    "Only who signs in their own right may delegate that authority.": "Chỉ người có thẩm quyền ký mới được ủy quyền ký.",
    "People do not register themselves here.": "Ở đây không tự đăng ký tài khoản.",
    "Signing authority is delegated only to an official who holds an office.": "Chỉ ủy quyền ký cho cán bộ đang giữ chức vụ.",
    "Somebody changed the object after it was read.": "Đã có người sửa sau lúc đọc.",
    "Somebody left for a conflict of interest; recompose the council first.": "Có người rút vì xung đột lợi ích; hãy "
    "kiện toàn hội đồng trước.",
    "Somebody who holds an office cannot stand on an applicant's side.": "Người đang giữ chức vụ không được đứng về phía "
    "tổ chức, cá nhân đề nghị.",
    "Something went wrong on our side; tell support the `request_id`.": "Hệ thống có lỗi; hãy báo `request_id` cho bộ "
    "phận hỗ trợ.",
    "The Idempotency-Key was used for another request.": "Idempotency-Key đã dùng cho yêu cầu khác.",
    "The account is closed.": "Tài khoản đã đóng.",
    "The act is not legal at the stage the case is at.": "Hồ sơ đang ở giai đoạn không được làm việc này.",
    "The address does not take that method; `Allow` lists those it takes.": "Địa chỉ không nhận phương thức đó; `Allow` "
    "liệt kê phương thức được nhận.",
    "The agency still has time to answer.": "Cơ quan được hỏi vẫn còn thời hạn trả lời.",
    "The applicant still has time to answer the question.": "Tổ chức, cá nhân vẫn còn thời hạn trả lời.",
    "No term is set, and no letter gave the applicant notice before today.": "Không có thời hạn, và chưa có thư báo "
    "tổ chức, cá nhân trước ngày hôm nay.",
    "The allowed rounds of clarification are used up.": "Đã hết số lần được hỏi thêm.",
    "The allowed supplement requests are used up.": "Đã hết số lần được yêu cầu bổ sung.",
    "The answers name no other authority; pick a target the procedure lists.": "Nội dung hồ sơ không chỉ ra cơ quan "
    "khác; hãy chọn nơi chuyển trong danh sách của thủ tục.",
    "The applicant has not asked to stop.": "Tổ chức, cá nhân đề nghị chưa xin dừng.",
    "The appraisal lacks something; `errors` lists everything.": "Việc thẩm định còn thiếu; `errors` liệt kê tất cả.",
    "The body took too long to arrive: 20 s for a piece, 30 s in all, 15 minutes for a file.": "Nội dung đến quá chậm: "
    "20 giây cho một phần, 30 giây cho tất cả, 15 phút cho một tệp.",
    "The body is larger than this address takes.": "Nội dung lớn hơn mức địa chỉ này nhận.",
    "The body is not `application/json`.": "Nội dung không phải `application/json`.",
    "The calendar does not reach the date asked for; the days of unknown years are never guessed.": "Lịch chưa đến ngày "
    "được hỏi; ngày của năm chưa biết không bao giờ được đoán.",
    "The case has not ended, so nothing of it is erased.": "Hồ sơ chưa kết thúc nên chưa xóa gì.",
    "The council has concluded.": "Hội đồng đã kết luận.",
    "The decided period goes beyond the longest one possible.": "Thời gian quyết định vượt mức dài nhất có thể.",
    "The decided trial period is over.": "Thời gian thử nghiệm đã quyết định đã hết.",
    "The disk that holds the documents takes no more; nothing of the file was kept.": "Ổ đĩa chứa tài liệu đã đầy; "
    "không giữ lại phần nào của tệp.",
    "The e-mail and the password do not belong together, or the account is closed: nobody is told which.": "Thư điện tử "
    "và mật khẩu không khớp, hoặc tài khoản đã đóng: không cho biết là trường hợp nào.",
    "The event is still being sent.": "Sự kiện vẫn đang được gửi.",
    "The one-stop unit has not registered the dossier yet.": "Bộ phận một cửa chưa vào sổ hồ sơ.",
    "The permit of the case has not ended.": "Giấy phép của hồ sơ chưa kết thúc.",
    "The person acts for an organisation.": "Người này đang đại diện cho một tổ chức.",
    "The person holds an office or delegated signing authority.": "Người này đang giữ chức vụ hoặc quyền được ủy.",
    "The policy does not let this person do this now; `line` names the policy line that decided, if one did.": "Chính "
    "sách không cho người này làm việc này lúc này; `line` nêu dòng chính sách đã quyết định, nếu có.",
    "The procedure belongs to another authority.": "Thủ tục thuộc cơ quan khác.",
    "The procedure has no appraisal council.": "Thủ tục không có hội đồng thẩm định.",
    "The procedure leaves a value open (null) that this act cannot do without.": "Thủ tục còn để trống (null) một giá "
    "trị mà việc này không thể thiếu.",
    "The receiving unit has no agency code to number dossiers with.": "Đơn vị tiếp nhận chưa có mã cơ quan để cấp mã hồ "
    "sơ.",
    "The same request is being handled at this moment.": "Chính yêu cầu này đang được xử lý.",
    "The sitting has not begun.": "Phiên họp chưa bắt đầu.",
    "The term for supplementing has not passed, or none is set.": "Thời hạn bổ sung chưa hết, hoặc chưa ấn định.",
    "The term for supplementing has passed.": "Đã hết thời hạn bổ sung.",
    "The webhook endpoint is not active; have it checked first.": "Điểm nhận webhook chưa hoạt động; hãy cho xác minh "
    "trước.",
    "This person signs in their own right in that time.": "Trong thời gian đó người này tự có thẩm quyền ký.",
    "Too few members took part.": "Không đủ số thành viên dự họp.",
    "What was sent breaks rules; every broken rule is listed with its field.": "Nội dung gửi lên vi phạm quy tắc; mọi quy "
    "tắc bị vi phạm được liệt kê kèm tên trường.",
    "Who proposed a version or an office cannot approve it, nor settle an erasure they asked for.": "Người đề xuất phiên bản hoặc chức trách không "
    "được tự duyệt, cũng không được quyết việc xóa do mình đề nghị.",
    "`If-Match` is missing; send the ETag of the version you read.": "Thiếu `If-Match`; hãy gửi ETag của phiên bản đã "
    "đọc.",
    "A proposal of one's own is withdrawn, not rejected.": "Đề nghị của chính mình thì rút, không từ chối.",
    "An office that decides, administers, approves rules or keeps seals is only proposed by this: it `awaits_confirmation` and counts for nothing until another administrator confirms it.": "Chức trách có quyền quyết định, quản trị, phê duyệt quy tắc hoặc giữ con dấu chỉ mới được đề nghị: trạng thái là `awaits_confirmation` và chưa có hiệu lực cho đến khi một quản trị viên khác xác nhận.",
    "It stays on record. Needs If-Match.": "Nội dung này được lưu lại. Cần If-Match.",
    "One that comes later is kept and marked late.": "Trả lời đến sau vẫn được giữ và ghi là trễ hạn.",
    "Only its proposer withdraws a proposal; others reject it.": "Chỉ người đề nghị mới rút được đề nghị; người khác thì từ chối.",
    "The answers on competence lead to another authority; confirm its name, or have the head say why.": "Câu trả lời về thẩm quyền dẫn tới cơ quan khác; hãy xác nhận tên cơ quan đó, hoặc để trưởng phòng nêu lý do.",
    "The answers on competence leave the case with this authority.": "Theo câu trả lời về thẩm quyền, hồ sơ thuộc cơ quan này.",
    "The answers place the trial outside the mechanism, so it is not taken.": "Theo các câu trả lời, thử nghiệm nằm ngoài cơ chế nên không được tiếp nhận.",
    "The procedure is not yet in effect, or no longer.": "Thủ tục chưa có hiệu lực hoặc đã hết hiệu lực.",
    "The procedure is only a proposal, and this installation takes no dossiers under proposals.": "Thủ tục mới là dự thảo, và hệ thống này không nhận hồ sơ theo dự thảo.",
    "The proposal was rejected or withdrawn.": "Đề nghị đã bị từ chối hoặc đã được rút.",
    "Where the answers lead to another authority (`…/problems` names it), the dossier is taken only with that authority's name as `confirmed_authority`. What lies outside the mechanism is not taken at all.": "Khi các câu trả lời dẫn tới cơ quan khác (`…/problems` nêu tên), hồ sơ chỉ được nhận nếu `confirmed_authority` ghi tên cơ quan đó. Việc nằm ngoài cơ chế thì không được nhận.",
    "Where the procedure does not bound the day, say why it lies so far away.": "Khi thủ tục không giới hạn ngày hẹn, hãy nêu lý do vì sao hẹn xa như vậy.",
    "Who proposed it cannot, nor who opened either account or set its password.": "Người đề nghị không được xác nhận; người đã mở một trong hai tài khoản hoặc đặt mật khẩu cho tài khoản đó cũng không.",
    "Without a supervising unit, that of the case's supervisor is meant.": "Không ghi đơn vị giám sát thì lấy đơn vị của người giám sát hồ sơ.",
    "Without it such a case is neither accepted, nor classified, nor decided.": "Không có nội dung này thì hồ sơ như vậy không được tiếp nhận, phân loại hay quyết định.",
}
"""Vietnamese by the English sentence (a paragraph on one line); a test holds the two together."""
