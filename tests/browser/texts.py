"""What the stage's shop has written itself: answers and a call script, in both languages."""

ARTICLES = (
    (
        "en",
        "How long is the warranty?",
        "Two years from the day of delivery; the receipt is enough.",
        "repair",
        "warranty, receipt",
    ),
    (
        "en",
        "How do I return goods?",
        "Within 30 days, unused, with the receipt. We collect large appliances.",
        "return",
        "return",
    ),
    (
        "en",
        "The refrigerator does not cool",
        "Check the plug and the setting first; then book a visit.",
        "repair",
        "fridge",
    ),
    ("zh", "保修期多长？", "自送货之日起两年，凭收据即可。", "repair", "保修，收据"),
    ("zh", "冰箱不制冷怎么办？", "先检查电源和温度设置，再预约上门维修。", "repair", "冰箱"),
    ("zh", "如何退货？", "收货后三十天内、未使用、凭收据可以退货；大件家电由我们上门取件。", "return", "退货"),
)

SCRIPT = (
    (
        "Welcome and reason",
        "en",
        (
            (
                "hello",
                "Good day, you are speaking with {agent}.",
                "What is the call about?",
                "choice",
                "An order\nA fault -> fault",
                "bye",
            ),
            ("fault", "I am sorry to hear that. Let us put it right.", "What exactly happens?", "text", "", "bye"),
            ("bye", "Thank you for your call, and a good day to you.", "", "none", "", ""),
        ),
    ),
    (
        "欢迎与来意",
        "zh",
        (
            (
                "hello",
                "您好，我是{agent}，很高兴为您服务。",
                "客户来电的原因是什么？",
                "choice",
                "订单\n故障 -> fault",
                "bye",
            ),
            ("fault", "很抱歉给您带来不便，我们马上为您处理。", "具体是什么现象？", "text", "", "bye"),
            ("bye", "感谢您的来电，祝您生活愉快。", "", "none", "", ""),
        ),
    ),
)
