import { lines } from './lines.ts';

/** Wordings of one thing, a thing a line, parted by `|`. The first stands for all. */
const SAME = lines(`
hủy | huỷ
xóa | xoá
khóa | khoá
hóa đơn | hoá đơn
ô tô | xe hơi | xe ô tô | oto
trực tuyến | online | qua mạng | trên mạng
máy tính xách tay | laptop
điện thoại | đt | dt
tài khoản | tk
chuyển tiền | chuyển khoản | ck
mật khẩu | mk | password | pass
ứng dụng | app | phần mềm
sinh viên | sv
ký túc xá | ktx | kí túc xá
bảo hiểm y tế | bhyt
bảo hiểm xã hội | bhxh
hồ chí minh | thành phố hồ chí minh | tphcm | tp hcm | sài gòn | hcm
hà nội | hn
giá trị gia tăng | vat
thu nhập cá nhân | tncn
căn cước | căn cước công dân | cccd
chứng minh nhân dân | cmnd
bằng lái | bằng lái xe | giấy phép lái xe | gplx
bệnh viện | bv
bác sĩ | bs
khách sạn | ks
máy bay | mb
mất | làm mất | bị mất | thất lạc
quên | không nhớ
hỏng | hư
khắc phục | xử lý | sửa | giải quyết | fix
phí | chi phí | lệ phí | giá | giá cả | giá tiền | tiền
kiểm tra | tra cứu | tra | xem | check
đăng nhập | login | log in
giao hàng | ship | vận chuyển | gửi hàng | giao
đổi | thay | thay đổi
trẻ em | trẻ nhỏ | trẻ con | trẻ | em bé | bé | con nít
cộng hưởng từ | chụp cộng hưởng từ | mri | chụp mri
thị thực | visa
hộ chiếu | passport
công ty | doanh nghiệp | cty
bố mẹ | ba mẹ | cha mẹ
bố | ba | cha
mẹ | má
heo | lợn
ngô | bắp
bát | chén
thìa | muỗng
dứa | thơm
bột ngọt | mì chính
xe buýt | xe bus
tàu hỏa | xe lửa | tàu lửa
sân bay | phi trường
điều hòa | máy lạnh | máy điều hòa
ti vi | tivi | tv
mạng | internet | wifi | wi fi
email | thư điện tử | mail
tải | download | tải về | tải xuống
tải lên | upload
cài đặt | cài
chặn | block
tin nhắn | sms
rác | spam
lý do | tại sao | vì sao | sao lại | nguyên nhân | do đâu
triệu chứng | dấu hiệu | biểu hiện
chữa | điều trị | trị
phòng ngừa | phòng tránh
tối đa | giới hạn | nhiều nhất
nước ngoài | ngoại quốc
kết hôn | cưới
ly hôn | ly dị
học phí | tiền học
ngừng | dừng | ngưng
soạn | viết
tóm tắt | tóm lược
kế hoạch | lịch trình
lên | lập | xây dựng
gợi ý | đề xuất | giới thiệu | tư vấn
đi chơi | du lịch
mua | đặt mua | đặt
giấy tờ | hồ sơ
sử dụng | dùng | xài
chọn | lựa chọn
thủ đô | thành phố thủ đô
nhà cung cấp | nhà mạng
hoàn tiền | hoàn lại tiền | trả lại tiền
hết hạn | quá hạn
toà án | tòa án | tòa | toà
nộp | đóng
hạn | hạn chót | chậm nhất
tác giả | người viết | ai viết | ai sáng tác
trễ | muộn
ốm | bệnh | bị bệnh
chi trả | đền | bồi thường
hoãn | delay | bị hoãn
tệp | file | tập tin
cà phê | cafe
đăng ký | đăng kí | ghi danh | đk
liên tục | mãi
nguyên liệu | thành phần
nâng | nâng cấp
yêu cầu | đòi
trả góp | mua trả góp
bầu | thai | mang thai | có bầu
cao nhất | lớn nhất
`);

/** What is said to ask nicely, or with `how` and `what`, and asks nothing of its own. */
const SAYS_LITTLE = lines(`
làm sao | làm thế nào | làm cách nào | bằng cách nào | cách nào | cách | cách thức | kiểu gì | kiểu nào | như nào | ntn | phương pháp | cách làm
ạ | nhỉ | hả | ơi | dạ | vâng | ad | admin | shop | bên | ah | à | nha | nhé
giúp | giùm | dùm | hộ | nhờ | xin | làm ơn | vui lòng | hướng dẫn | chỉ | chỉ giúp | hỏi | biết | muốn | cần | nên | thể | có thể | được
vậy | thế | đấy | đó | đây | ấy | này | kia | luôn | bây giờ | giờ | hiện | hiện tại | hiện nay
hãy | nhớ | kể từ | liệu | cảm thấy
mọi người | các bạn | ta | chúng tôi | mn
thời gian | mức | khoảng | tính | theo | đúng | món | bí quyết | tự | giữa | nhau | so | ngọn | con | chiều | bằng | đi | mang | mang theo | làm | hàng | chào | nước | luôn | đúng không | bao lâu | mất bao lâu | hết bao nhiêu | mất bao nhiêu | tốn bao nhiêu
chỗ | nơi | thì | lúc | là gì | nghĩa là | tên | tên là gì | gồm | gồm những | bao gồm | những gì
`);

const phrases = (row: string) => row.split(' | ').map((phrase) => phrase.split(' '));

interface VietnamesePhrase {
  readonly words: readonly string[];
  /** What stands for all wordings of it; empty: it says little. */
  readonly meaning: string;
}

/** Longest first. */
export const VIETNAMESE_PHRASES: readonly VietnamesePhrase[] = [
  ...SAME.flatMap((row) => {
    const all = phrases(row);
    return all.map((words) => ({ words, meaning: all[0]?.join(' ') ?? '' }));
  }),
  ...SAYS_LITTLE.flatMap((row) => phrases(row).map((words) => ({ words, meaning: '' }))),
].sort((x, y) => y.words.length - x.words.length);
