"""What the business sells, at what price, in which months more of it, and what people take with it. Pure."""

from collections.abc import Mapping

import msgspec

FRESH, FOOD, HOUSEHOLD = "生鲜 Fresh", "食品 Food", "日用 Household"
LARGE, SMALL, DIGITAL, SERVICE = "大家电 Appliances", "小家电 Small appliances", "数码 Digital", "服务 Services"
CATEGORIES = (FRESH, FOOD, HOUSEHOLD, LARGE, SMALL, DIGITAL, SERVICE)

SUMMER, WINTER, AUTUMN, NEW_YEAR = (5, 6, 7, 8), (11, 12, 1), (8, 9), (1, 2)


class Goods(msgspec.Struct, frozen=True, kw_only=True):
    """`amount`: in hundredths of the currency. `share`: how often it is bought beside the others; `season`: the months
    in which that is four times as often. `months`: of warranty, 0 for none."""

    sku: str
    en: str
    zh: str
    category: str
    unit: str
    amount: int
    share: float
    season: tuple[int, ...] = ()
    months: int = 0


def _goods(table: str, category: str, unit: str, months: int = 0) -> list[Goods]:
    """Lines of `SKU | English | Chinese | price | share | season`."""
    seasons = {"": (), "summer": SUMMER, "winter": WINTER, "autumn": AUTUMN, "newyear": NEW_YEAR}
    found = []
    for line in table.strip().splitlines():
        sku, en, zh, price, share, season = (part.strip() for part in line.split("|"))
        named = Goods(sku=sku, en=en, zh=zh, category=category, unit=unit, amount=round(float(price) * 100), share=0.0)
        found.append(msgspec.structs.replace(named, share=float(share), season=seasons[season], months=months))
    return found


GOODS: tuple[Goods, ...] = (
    *_goods(
        """
        FR-APPLE  | Apples, 2 kg             | 红富士苹果 2 公斤   | 25.80 | 6 |
        FR-LYCHEE | Lychees, 1 kg            | 荔枝 1 公斤         | 36.00 | 3 | summer
        FR-CRAB   | Hairy crabs, 4 pieces    | 大闸蟹 4 只装       | 168.00 | 2 | autumn
        FR-MILK   | Fresh milk, 950 ml       | 鲜牛奶 950 毫升     | 15.90 | 8 |
        FR-EGG    | Free-range eggs, 30      | 散养鸡蛋 30 枚      | 39.90 | 7 |
        """,
        FRESH,
        "件",
    ),
    *_goods(
        """
        FD-RICE   | Jasmine rice, 5 kg       | 茉莉香米 5 公斤     | 49.90 | 8 |
        FD-OIL    | Sunflower oil, 5 l       | 葵花籽油 5 升       | 79.90 | 6 |
        FD-NOODLE | Dried noodles, 1 kg      | 挂面 1 公斤         | 9.90 | 5 |
        FD-COFFEE | Coffee beans, 1 kg       | 咖啡豆 1 公斤       | 118.00 | 3 |
        FD-TEA    | Longjing tea, 250 g      | 龙井茶 250 克       | 268.00 | 2 | newyear
        FD-MOON   | Mooncakes, gift box      | 月饼礼盒            | 188.00 | 3 | autumn
        FD-NUTS   | New Year nuts, gift box  | 坚果年货礼盒        | 158.00 | 3 | newyear
        """,
        FOOD,
        "件",
    ),
    *_goods(
        """
        HH-PAPER  | Tissue paper, 24 packs   | 抽纸 24 包          | 49.90 | 8 |
        HH-WASH   | Laundry detergent, 3 kg  | 洗衣液 3 公斤       | 45.00 | 6 |
        HH-DISH   | Dishwasher tablets, 60   | 洗碗机专用洗涤块 60 粒 | 69.00 | 1 |
        HH-BAGS   | Vacuum bags, 10          | 吸尘器尘袋 10 只    | 59.00 | 0.6 |
        HH-FILTER | Water filter cartridge   | 净水器滤芯          | 199.00 | 0.8 |
        HH-DESC   | Descaler, 500 ml         | 除垢剂 500 毫升     | 39.00 | 0.6 |
        """,
        HOUSEHOLD,
        "件",
    ),
    *_goods(
        """
        AP-FRIDGE | Fridge-freezer, 500 l    | 对开门冰箱 500 升   | 4599.00 | 1.2 | summer
        AP-WASHER | Washing machine, 10 kg   | 滚筒洗衣机 10 公斤  | 2999.00 | 1.2 |
        AP-DRYER  | Heat pump dryer, 9 kg    | 热泵烘干机 9 公斤   | 3999.00 | 0.4 | winter
        AP-AC     | Air conditioner, 3.5 kW  | 空调 1.5 匹         | 2799.00 | 1.2 | summer
        AP-DISH   | Dishwasher, 14 settings  | 洗碗机 14 套        | 3699.00 | 0.7 |
        AP-TV65   | Television, 65 inches    | 电视机 65 英寸      | 3299.00 | 1.1 | newyear
        AP-HOOD   | Cooker hood and hob      | 烟灶套装            | 3199.00 | 0.6 |
        """,
        LARGE,
        "台",
        36,
    ),
    *_goods(
        """
        SM-RICE   | Rice cooker, 4 l         | 电饭煲 4 升         | 399.00 | 1.6 |
        SM-FRYER  | Air fryer, 5 l           | 空气炸锅 5 升       | 299.00 | 1.5 | newyear
        SM-COFFEE | Espresso machine         | 意式咖啡机          | 1699.00 | 0.6 |
        SM-VAC    | Vacuum cleaner           | 吸尘器              | 899.00 | 0.9 |
        SM-WATER  | Water purifier           | 净水器              | 1299.00 | 0.8 |
        SM-HEAT   | Fan heater               | 暖风机              | 259.00 | 0.8 | winter
        SM-FAN    | Standing fan             | 落地扇              | 199.00 | 0.9 | summer
        """,
        SMALL,
        "台",
        24,
    ),
    *_goods(
        """
        DG-SOUND  | Sound bar                | 回音壁音响          | 1099.00 | 0.3 |
        DG-MOUNT  | TV wall mount            | 电视壁挂架          | 129.00 | 0.2 |
        DG-ROUTER | Wi-Fi router             | 无线路由器          | 269.00 | 0.7 |
        """,
        DIGITAL,
        "台",
        12,
    ),
    *_goods(
        """
        SV-INST   | Installation             | 上门安装            | 150.00 | 0.1 |
        SV-CLEAN  | Air conditioner cleaning | 空调清洗            | 120.00 | 0.6 | summer
        SV-CARE   | Extended care, 2 years   | 延保服务 2 年       | 299.00 | 0.1 |
        """,
        SERVICE,
        "次",
    ),
)

TOGETHER: Mapping[str, tuple[tuple[str, float], ...]] = {
    "AP-TV65": (("DG-SOUND", 0.35), ("DG-MOUNT", 0.5), ("SV-CARE", 0.15)),
    "AP-WASHER": (("HH-WASH", 0.4), ("AP-DRYER", 0.2), ("SV-INST", 0.25)),
    "AP-AC": (("SV-INST", 0.7), ("SM-FAN", 0.08)),
    "AP-DISH": (("HH-DISH", 0.75), ("SV-INST", 0.3)),
    "AP-FRIDGE": (("SV-CARE", 0.25), ("FR-MILK", 0.1)),
    "SM-COFFEE": (("FD-COFFEE", 0.7), ("HH-DESC", 0.4)),
    "SM-VAC": (("HH-BAGS", 0.6),),
    "SM-WATER": (("HH-FILTER", 0.6),),
    "SM-RICE": (("FD-RICE", 0.5),),
    "FD-RICE": (("FD-OIL", 0.35),),
    "FR-MILK": (("FR-EGG", 0.35),),
    "FD-MOON": (("FD-TEA", 0.3),),
}
"""What is taken with it, and how likely: what a search for rules should find again."""

BY_SKU = {goods.sku: goods for goods in GOODS}
_RISE = 18 * 30 * 86_400.0 / 2


def price_at(goods: Goods, at: float, begin: float) -> int:
    """Half way through the history groceries became dearer and electronics cheaper. `begin`: of the history."""
    later = at >= begin + _RISE
    percent = 100 if not later else 104 if goods.category in (FRESH, FOOD, HOUSEHOLD) else 95
    return (goods.amount * percent // 100 + 5) // 10 * 10


def changed_at(begin: float) -> float:
    """When all prices changed."""
    return begin + _RISE


def wanted(goods: Goods, month: int) -> float:
    """How often it is bought in this month of the year, beside the others. June and November have the great sales."""
    sale = 1.5 if month in (6, 11) and goods.category in (LARGE, SMALL, DIGITAL) else 1.0
    return goods.share * sale * (4.0 if month in goods.season else 0.25 if goods.season else 1.0)
