"""What the demo's tickets say, in both languages: `{product}` is what was bought."""

from collections.abc import Mapping

Words = tuple[tuple[str, str], ...]
"""Subject and description."""

SAID: Mapping[str, Mapping[str, Words]] = {
    "inquiry": {
        "zh": (
            ("{product}的保修期", "客户想知道{product}的保修期还有多久，发票已找不到。"),
            ("积分怎么兑换", "会员卡积分能否抵扣家电购买，最高抵扣多少。"),
            ("送货时间", "询问周末是否可以送货，需要提前多久预约。"),
        ),
        "en": (
            (
                "Warranty of {product}",
                "Asks how long the warranty of {product} runs; the receipt is lost.",
            ),
            ("Delivery at the weekend", "Asks whether we deliver on Sundays and how early to book."),
        ),
    },
    "complaint": {
        "zh": (
            ("{product}送货迟到两天", "约定周六送货，直到周一才送到，也没有人打电话说明。"),
            ("收银多收了钱", "小票上{product}的价格比货架价高，要求退还差价。"),
            ("安装师傅态度不好", "安装{product}时弄脏了墙面，沟通时态度恶劣。"),
        ),
        "en": (
            ("{product} came two days late", "Delivery was promised for Saturday, came on Monday, and nobody called."),
            ("Charged more than the shelf price", "The receipt shows a higher price for {product} than the shelf did."),
        ),
    },
    "fault": {
        "zh": (
            ("{product}无法开机", "{product}早上还正常，下午按电源键没有任何反应。"),
            ("{product}有异响", "{product}运行时有明显异响，震动也比以前大。"),
        ),
        "en": (
            ("{product} does not switch on", "{product} worked in the morning; now nothing happens."),
            ("{product} is noisy", "{product} rattles, and it is getting worse."),
        ),
    },
    "repair": {
        "zh": (("{product}上门维修", "已过保修期，客户同意支付上门费，请安排师傅检查{product}。"),),
        "en": (
            (
                "Repair of {product}",
                "Out of warranty; pays for the visit. Please send somebody for {product}.",
            ),
        ),
    },
    "return": {
        "zh": (("退货：{product}", "客户要求退回{product}，外包装完整。"),),
        "en": (("Return of {product}", "Wants to give {product} back; the box is complete."),),
    },
    "suggestion": {
        "zh": (
            ("建议增加夜间营业", "下班后超市已经关门，希望周五延长营业时间。"),
            ("建议多进有机蔬菜", "希望生鲜区每周都有有机蔬菜。"),
        ),
        "en": (("Open later on Fridays", "The shop is closed when people come home from work."),),
    },
    "callback": {
        "zh": (("请回电：{product}报价", "客户正在开会，请在下班前回电说明{product}的价格。"),),
        "en": (("Please call back about {product}", "Was driving; wants a call about {product} before six."),),
    },
}
ANSWERS = {
    "zh": (
        "您好，已经为您登记，今天之内会有同事联系您。",
        "感谢您的反馈，我们已转给门店核实。",
        "师傅已预约明天上午上门，请保持电话畅通。",
    ),
    "en": (
        "Thank you, we have noted it and somebody will call you today.",
        "We have asked the shop and will let you know.",
        "A fitter is booked for tomorrow morning.",
    ),
}
REPLIES = {
    "zh": ("好的，我等你们电话。", "照片已经发给门店了。", "明天上午可以，谢谢。"),
    "en": ("Fine, I will wait.", "I have sent the photos to the shop.", "Tomorrow morning suits me, thank you."),
}
INNER = {
    "zh": ("已电话门店，仓库有现货。", "查过订单，确实超时。", "客户情绪激动，回电请注意语气。"),
    "en": (
        "Called the shop: one is in stock.",
        "Checked the order: it was late indeed.",
        "Careful: the customer is upset.",
    ),
}
DONE = {
    "zh": ("已处理，客户确认满意。", "已更换新机。", "已退还差价。", "已说明政策，客户接受。"),
    "en": (
        "Settled, the customer is content.",
        "Replaced by a new one.",
        "The difference was paid back.",
        "Explained; accepted.",
    ),
}
DROPPED = {"zh": "客户自行解决，不再需要处理。", "en": "The customer has solved it and needs nothing more."}
CALLED = {
    "zh": ("已回访，客户表示满意。", "已回访，客户愿意继续购买。"),
    "en": ("Called: content by now.", "Called: will buy again."),
}
WALK: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "apologise": "就此次问题向客户诚恳道歉。",
        "restate": "向客户复述了经过，客户确认无误。",
        "empathise": "理解客户等待的不便，换作自己也会着急。",
        "make_good": "送上 50 元购物券，并安排专人跟进。",
    },
    "en": {
        "apologise": "Apologised for what happened.",
        "restate": "Told it back in our words; the customer said it was right.",
        "empathise": "Said that anybody would be annoyed by this.",
        "make_good": "A voucher of 50, and one person who sees to it.",
    },
}
