// What the page says, in both languages.
export const words = {
  ko: {
    skip: "본문으로", model: "모델", key: "API 키", use: "사용", tasks: "작업", run: "실행", other: "English",
    fillMask: "빈칸 채우기", predict: "분류", ner: "개체명", detect: "어색한 단어", similarity: "문장 유사도", tokens: "토큰", answer: "질의응답", reports: "보고서",
    text: "글", second: "둘째 글 (문장 쌍일 때)", sentences: "비교할 문장 (한 줄에 하나)", question: "질문", context: "본문",
    token: "토큰", score: "점수", label: "레이블", id: "번호", place: "위치", noEntities: "개체명이 없습니다.",
    maskHint: "[MASK] 자리에 들어갈 토큰을 찾습니다.", oddHint: "점수가 높을수록 바뀐 단어로 보입니다.",
    noReports: "보고서가 없습니다. lmkor serve --reports DIR 로 폴더를 지정하세요.", loss: "손실", step: "스텝", live: "진행 중인 학습", open: "열기",
    tokensPerSecond: "초당 토큰", cannot: "이 모델로는 할 수 없습니다.", waiting: "계산 중…", parameters: "최대 길이",
    none: "서버가 응답하지 않습니다.",
  },
  en: {
    skip: "To the content", model: "Model", key: "API key", use: "Use", tasks: "Tasks", run: "Run", other: "한국어",
    fillMask: "Fill mask", predict: "Classify", ner: "Entities", detect: "Odd words", similarity: "Similarity", tokens: "Tokens", answer: "Answer", reports: "Reports",
    text: "Text", second: "Second text (for pairs)", sentences: "Sentences to compare (one a line)", question: "Question", context: "Context",
    token: "Token", score: "Score", label: "Label", id: "Id", place: "Place", noEntities: "No entities.",
    maskHint: "Finds tokens for each [MASK].", oddHint: "The higher the score, the more a word looks replaced.",
    noReports: "There are no reports. Name a folder: lmkor serve --reports DIR.", loss: "Loss", step: "Step", live: "Training under way", open: "Open",
    tokensPerSecond: "Tokens a second", cannot: "This model cannot do that.", waiting: "Computing…", parameters: "Longest input",
    none: "The server does not answer.",
  },
};
