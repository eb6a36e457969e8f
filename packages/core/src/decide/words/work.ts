/** What is done to a text that comes with the request, as beginnings of regular expressions, one a line. */
export const WORK = `
translat
paraphras
rephras
reword
rewrit
re-writ
summar
tl;?dr
sentiment
classif
extract
(?:passive|active) voice
(?:past|present|future|simple|perfect|continuous) (?:tense|form)
shorten
simplif
(?:more|less|sound|in a) (?:polite|formal|casual|friendly|professional|concise)
make (?:this|it|these) (?:[^\\s.,;:!?]+ )?(?:short|long|polite|formal|casual|friendl|professional|concise|clear|better|sound)
(?:turn|change|convert|make) (?:this|these|it) (?:in)?to (?:an? )?(?:question|statement|passive|active|past|present|future|formal|plural|singular|haiku|poem|rap|list|table|bullet|json|csv|markdown)
complete (?:this|the|these) (?:sentence|text|line|story|poem|phrase|proverb|code)
continue (?:this|the|my)
(?:reply|respond|response|answer) to (?:this|the following|my|an?) (?:e-?mail|message|letter|review|comment|text|tweet|complaint|post)
dịch (?:giúp|hộ|câu|từ|cụm|đoạn|bài|văn|thư|sang|ra|qua|cho|tiếng|lại)
viết lại
diễn đạt
tóm tắt
tóm lược
phân loại
cảm xúc
trích xuất
rút gọn
(?:bị động|chủ động)
trả lời (?:email|thư|tin nhắn|bình luận)
`;

/** What is asked about a word or a phrase: work on a text where it stands in quotes or behind a colon. */
export const WORK_ON_WORDS = `
(?:synonym|antonym|opposite|rhyme)s? (?:of|for|with|to)
mean
how (?:do|would|can|to|should|could) (?:you |i |we |one )?(?:say|pronounce|write)
pronounce
define
nghĩa (?:là gì|của)
đặt câu
`;

/** What is done to its letters and marks themselves. */
export const WORK_ON_LETTERS = `
proofread
proof-read
spell
misspel
typo
gramma
punctuat
commas?
apostrophe
semicolon
is\\s+(?:\\S+ly )?(?:correct|gramma)
capital(?:i[sz]e|i[sz]ation| letter)
(?:upper|lower)-?case
correct (?:this|these|the following|my|the (?:sentence|text|spelling|grammar|word|phrase|paragraph)|or)
correct(?:ed|ion)?\\s*$
(?:sentence|phrase|word|text|paragraph|this|that|it) (?:is )?(?:[^\\s.,;:!?]+ly )?correct
(?:sentence|phrase|word|text|paragraph) (?:is )?(?:right|wrong)
(?:mistake|error)s? (?:in|of) (?:this|the following|my|the (?:sentence|text|paragraph))
how many (?:words|letters|characters|syllables|vowels|consonants|sentences|tokens)
count (?:the|how)
wrong with (?:this|the following|my)
number of (?:words|letters|characters|syllables|vowels|consonants)
plural
past tense of
fix (?:this|these|the following|my|the (?:sentence|text|spelling|grammar|word|phrase|paragraph))
edit (?:this|the following|my)
chính tả
ngữ pháp
sửa (?:câu|lỗi|đoạn|bài|lại câu|giúp)
viết hoa
dấu câu
dấu phẩy
dấu chấm
thêm dấu
đếm
bao nhiêu (?:từ|chữ|ký tự|kí tự|âm tiết)
(?:câu|từ) (?:này|sau|trên) (?:có )?(?:đúng|sai)
`;

/** What comes with a request, as it is named there, one a line. */
export const GIVEN_KINDS = `
sentences?
texts?
paragraphs?
passages?
phrases?
words?
e-?mails?
letters?
messages?
essays?
articles?
abstracts?
reviews?
tweets?
posts?
comments?
feedback
code
snippets?
functions?
quer(?:y|ies)
regex
json
poems?
stor(?:y|ies)
titles?
headlines?
quotes?
dialogues?
conversations?
transcripts?
statements?
lyrics
lines?
câu
đoạn
đoạn văn
văn bản
bài viết
bài văn
bài thơ
thư
tin nhắn
bình luận
đánh giá
đoạn code
đoạn mã
`;
