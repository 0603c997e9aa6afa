"""The words that persons, firms and places of the demo are made of."""

FAMILY = tuple(
    "王 李 张 刘 陈 杨 黄 赵 周 吴 徐 孙 胡 朱 高 林 何 郭 马 罗 梁 宋 郑 谢 韩 唐 冯 董 程 曹 袁 沈 曾 单 欧阳".split()
)
GIVEN_FEMALE = tuple(
    "芳 娜 敏 静 丽 艳 娟 霞 秀英 桂英 雪梅 晓燕 婷婷 欣怡 梓涵 诗琪 雨桐 佳慧 玉兰 思琪 梦洁 慧 琳 悦".split()
)
GIVEN_MALE = tuple(
    "伟 强 磊 军 洋 勇 杰 涛 超 明 建国 志强 浩然 子轩 俊杰 宇航 国栋 文博 海峰 一鸣 天佑 鹏 亮 翔".split()
)
FIRST_FEMALE = (
    "Alice Amelia Carla Chloe Diana Elena Emily Fiona Grace Hannah Irene Julia Karen Laura Maria Nora Olivia Paula "
    "Rachel Sofia Tina Vera Wendy Zoe"
).split()
FIRST_MALE = (
    "Adam Alan Brian Carl Daniel Edward Felix George Henry Ian Jack Kevin Leo Martin Nathan Oscar Paul Ralph Simon "
    "Thomas Victor Walter Xavier Yusuf"
).split()
LAST = (
    "Abbot Baker Carver Dalton Ellery Fairfax Garner Holt Ingram Jarvis Keller Lindqvist Marlow Norwood Osgood "
    "Pembroke Quincy Redfern Sutter Thorne Underhill Vance Whitlock Yardley"
).split()

CITIES = (
    ("北京", "北京市", "朝阳区", "100020"),
    ("上海", "上海市", "浦东新区", "200120"),
    ("广州", "广东省", "天河区", "510630"),
    ("深圳", "广东省", "南山区", "518052"),
    ("杭州", "浙江省", "西湖区", "310012"),
    ("苏州", "江苏省", "姑苏区", "215006"),
    ("天津", "天津市", "和平区", "300041"),
    ("成都", "四川省", "武侯区", "610041"),
)
CITIES_EN = (
    ("Shanghai", "Shanghai", "Pudong", "200120"),
    ("Beijing", "Beijing", "Chaoyang", "100020"),
    ("Shenzhen", "Guangdong", "Nanshan", "518052"),
    ("Suzhou", "Jiangsu", "Industrial Park", "215021"),
)
STREETS = tuple("桂花 梧桐 望湖 春风 向阳 青云 紫荆 听泉 枫林 晨光 竹园 锦绣".split())
STREETS_EN = tuple("Osmanthus Maple Lakeview Sunrise Bamboo Orchid Willow Harbour".split())

FIRM_HEADS = tuple("星禾 云麓 海棠 蓝汀 禾木 青橙 南星 锦程 翠微 鸣泉 听雨 拾光 暖阳 三叶 云杉 松果".split())
FIRM_TAILS = ("餐饮有限公司", "幼儿园", "酒店", "物业服务有限公司", "科技有限公司", "社区食堂", "养老院", "培训学校")
FIRM_HEADS_EN = tuple("Bluefinch Copperleaf Driftwood Eastgate Foxglove Greywater Hazelnut Ironbark".split())
FIRM_TAILS_EN = ("Catering Ltd", "Kindergarten", "Hotel", "Property Services Ltd", "Studios", "Language School")
TITLES = {"zh": ("采购经理", "行政主管", "店长", "总务"), "en": ("Purchasing Manager", "Office Manager", "Owner")}

TAGS = (
    "VIP",
    "以旧换新",
    "送货上门",
    "环保袋",
    "家有宝宝",
    "有机食品",
    "团购",
    "会员日",
    "family",
    "newsletter",
    "trade-in",
)
NOTES = {
    "zh": (
        "喜欢下午送货，电梯需要提前登记。",
        "家里装修，年底前要换全套厨电。",
        "对有机蔬菜感兴趣，新到货请电话通知。",
        "请勿在午休时间（12 点到 14 点）来电。",
        "孩子对花生过敏，推荐零食前请先核对配料表。",
        "上次安装师傅服务很好，指定再派同一位。",
    ),
    "en": (
        "Prefers delivery after six in the evening.",
        "Renovating the kitchen, wants a full set by the end of the year.",
        "Asks to be told when organic vegetables arrive.",
        "Please speak slowly; Mandarin is fine, too.",
        "Allergic to peanuts: check the ingredients before recommending snacks.",
        "Was pleased with the fitter last time and asks for the same one.",
    ),
}
