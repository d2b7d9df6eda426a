//! Chinese names and memos, put together from lists. Nobody in particular is meant.

use crate::random::Random;

#[rustfmt::skip]
const SURNAMES: [&str; 60] = [
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "郭", "何", "林", "高", "罗",
    "郑", "梁", "谢", "宋", "唐", "许", "韩", "邓", "冯", "曹", "彭", "曾", "肖", "田", "董", "潘", "袁", "蔡", "蒋", "余",
    "于", "杜", "叶", "程", "魏", "苏", "吕", "丁", "任", "卢", "姚", "沈", "钟", "姜", "崔", "谭", "欧阳", "上官", "诸葛", "司马",
];

/// The last ones are missing in GBK: systems of those years got them wrong.
#[rustfmt::skip]
const GIVEN: [&str; 76] = [
    "伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明", "超", "秀", "霞", "平",
    "刚", "桂", "英", "华", "玉", "兰", "红", "飞", "建", "国", "志", "文", "海", "燕", "鹏", "辉", "波", "斌", "宇", "浩",
    "凯", "健", "俊", "帆", "雪", "梅", "琳", "晶", "欢", "婷", "慧", "莹", "倩", "雯", "佳", "怡", "欣", "悦", "晨", "曦",
    "子", "轩", "梓", "涵", "思", "雨", "嘉", "天", "家", "乐", "春", "秋", "堃", "喆", "䶮", "𬀩",
];

#[rustfmt::skip]
const CITIES: [&str; 24] = [
    "北京", "上海", "广州", "深圳", "杭州", "南京", "苏州", "成都", "重庆", "武汉", "西安", "天津",
    "青岛", "大连", "厦门", "长沙", "郑州", "济南", "合肥", "昆明", "哈尔滨", "沈阳", "福州", "宁波",
];

#[rustfmt::skip]
const SHOPS: [[&str; 6]; 4] = [
    ["百货商城", "数码专营店", "服饰旗舰店", "图书城", "母婴用品店", "家居用品店"],
    ["旅行社", "航空票务", "酒店预订", "铁路客票代售", "汽车租赁", "景区门票"],
    ["自来水公司", "供电公司", "燃气公司", "有线电视", "电信营业厅", "社保缴费中心"],
    ["游戏点卡", "影视会员", "音乐下载", "软件商店", "网络文学", "彩票服务"],
];

const FORMS: [&str; 4] = ["有限公司", "(个体)", "有限责任公司", "分公司"];

const TRADES: [&str; 16] = [
    "鑫源",
    "永盛",
    "华联",
    "天诚",
    "金桥",
    "东方",
    "恒达",
    "瑞丰",
    "新世纪",
    "万家",
    "宏图",
    "佳美",
    "同德",
    "长城",
    "百信",
    "顺发",
];

/// A person's name.
pub(crate) fn person(random: &mut Random) -> String {
    let mut name = (*random.one_of(&SURNAMES)).to_owned();
    name.push_str(GIVEN[random.index(GIVEN.len())]);
    if random.permille(620) {
        name.push_str(GIVEN[random.index(GIVEN.len())]);
    }
    name
}

/// A merchant's name, by its class.
pub(crate) fn merchant(random: &mut Random, class: usize) -> String {
    let (city, trade) = (random.one_of(&CITIES), random.one_of(&TRADES));
    let (shop, form) = (random.one_of(&SHOPS[class]), random.one_of(&FORMS));
    format!("{city}{trade}{shop}{form}")
}

/// Is what a memo is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Theme {
    TopUp,
    /// A payment to a merchant of each of the four classes.
    Mall,
    Travel,
    Utility,
    Games,
    Transfer,
    Refund,
    Withdrawal,
    Freeze,
    Bonus,
    Fee,
    Adjustment,
    Reversal,
}

impl Theme {
    pub(crate) fn of_class(class: usize) -> Self {
        [Theme::Mall, Theme::Travel, Theme::Utility, Theme::Games][class]
    }
}

/// Holds every memo that there is, by theme.
#[derive(Debug)]
pub(crate) struct Memos(Vec<Vec<String>>);

impl Memos {
    pub(crate) fn new() -> Self {
        let themes: [Vec<String>; 13] = [
            plain(&["网银充值", "充值", "余额充值", "卡通充值", "手机充值余额"]),
            mall(),
            travel(),
            utility(),
            plain(&[
                "游戏点卡100点",
                "影视会员(包月)",
                "VIP会员一年",
                "手机铃声",
                "电子书《三国演义》",
                "网络小说订阅",
                "软件注册码",
                "彩票投注 双色球",
                "Q版表情包",
                "网游\"征途\"道具",
            ]),
            transfers(),
            plain(&[
                "退款",
                "退款-缺货",
                "退款-七天无理由",
                "部分退款:差价",
                "退运费",
                "退货退款,已收到货",
            ]),
            plain(&["提现", "提现到银行卡", "余额提现", "结算提现"]),
            plain(&[
                "风险控制冻结",
                "司法冻结",
                "投诉冻结",
                "提现冻结",
                "解除冻结",
            ]),
            plain(&[
                "新用户红包",
                "推荐奖励",
                "抽奖红包",
                "双十一返现",
                "春节红包",
                "积分兑换",
            ]),
            plain(&["短信服务费", "账户管理费", "证书年费"]),
            plain(&[
                "人工调账",
                "人工调账 见工单",
                "补记差额",
                "调账:单边账处理",
                "客诉补偿",
                "挂账转出,待查",
                "补单",
                "系统升级差错更正",
            ]),
            plain(&["红字冲正", "重复入账冲正", "冲正,原交易重复"]),
        ];
        Self(themes.into())
    }

    pub(crate) fn draw(&self, random: &mut Random, theme: Theme) -> &str {
        let memos = &self.0[theme as usize];
        &memos[random.index(memos.len())]
    }
}

fn plain(all: &[&str]) -> Vec<String> {
    all.iter().map(|one| (*one).to_owned()).collect()
}

fn crossed(first: &[&str], then: &[&str]) -> Vec<String> {
    let of = |one: &&str| {
        then.iter()
            .map(|two| format!("{one}{two}"))
            .collect::<Vec<_>>()
    };
    first.iter().flat_map(of).collect()
}

fn mall() -> Vec<String> {
    let mut memos = crossed(
        &[
            "女装",
            "男装",
            "童装",
            "运动鞋",
            "手机",
            "电脑配件",
            "化妆品",
            "零食",
            "图书",
            "奶粉",
            "家纺",
            "灯具",
        ],
        &[
            "",
            " 包邮",
            "-秒杀",
            "(2件)",
            "/特价",
            " 双十一",
            ",急用请速发",
        ],
    );
    memos.extend(plain(&[
        "礼品\"福\"字",
        "订单备注:\n请送货上门",
        "Ｔ恤 ＸＬ码 ２件",
        "T-shirt, size M",
    ]));
    memos
}

fn travel() -> Vec<String> {
    let mut memos = crossed(
        &["机票 ", "火车票 ", "酒店 "],
        &[
            "北京-上海",
            "上海—广州",
            "成都-西安",
            "杭州",
            "三亚",
            "哈尔滨",
            "昆明-丽江",
        ],
    );
    memos.extend(plain(&["景区门票", "租车押金", "旅游线路尾款"]));
    memos
}

fn utility() -> Vec<String> {
    let mut months: Vec<String> = Vec::new();
    for what in [
        "水费",
        "电费",
        "燃气费",
        "话费充值",
        "宽带费",
        "有线电视费",
        "社保",
    ] {
        months.extend((1..=12).map(|month| format!("{what}{month}月")));
    }
    months
}

fn transfers() -> Vec<String> {
    let mut memos = plain(&[
        "转账",
        "还款",
        "借款",
        "生活费",
        "压岁钱",
        "红包",
        "聚餐AA",
        "份子钱",
        "代付",
        "谢谢!",
        "新年快乐🎉",
        "学费",
    ]);
    memos.extend((1..=12).map(|month| format!("{month}月房租")));
    memos
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Purpose;

    #[test]
    fn every_theme_has_its_memos_and_none_is_empty() {
        let memos = Memos::new();
        assert_eq!(memos.0.len(), Theme::Reversal as usize + 1);
        for theme in &memos.0 {
            assert!(!theme.is_empty());
            assert!(theme.iter().all(|memo| !memo.is_empty()));
        }
    }

    #[test]
    fn names_are_of_two_to_four_characters() {
        let mut random = Random::keyed(1, Purpose::Person, [0, 0]);
        for _ in 0..1_000 {
            let name = person(&mut random);
            assert!((2..=4).contains(&name.chars().count()), "{name}");
        }
    }
}
