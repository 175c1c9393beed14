"""Measures of Chinese text, after the practice of ChineseWebText (arXiv 2311.01149).

Classical texts without blanks, and old editions with little punctuation, are Chinese like any other. Simplified
or traditional is information, not quality: judged by common characters that only one of the two has.
"""

from __future__ import annotations

import re

from k15.curation.measures.view import View, share

_PUNCTUATION = re.compile("[，。、；：？！“”‘’「」『』（）《》〈〉【】…—·]")
_SENTENCE = re.compile(r"[^。！？；!?\n]+")
_UNBROKEN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
_ADVERTISING = re.compile(
    r"免费|优惠|促销|特价|包邮|热线|客服|微信|扫码|二维码|加盟|代理商|点击|下载|注册|登录|会员|订购|抢购|购物车|赌场"
    r"|彩票|博彩|贷款|发票|办证|上一篇|下一篇|返回顶部|友情链接|相关推荐|责任编辑|转载|网站|首页|导航|备案|版权"
    r"|優惠|點擊|註冊|登錄|會員|熱線|二維碼|友情連結|網站|首頁|導航|版權"
)
_SIMPLIFIED = frozenset(
    "万与专业东丝两严丧个丰临为丽举么义乌乐乔习乡书买乱争于亏云亚产亲亿仅从仑仓仪们价众优会伟传伤伦伪体"
    "侠侣侦侧侨债倾偿储儿党兰关兴养兽内冈册写军农冯冲决况冻净凉减几凤凭凯击刘则刚创删别剂剑剧劝办务动励劲劳势"
    "区医华协单卖卢卫却厂厅历厉压厌县参双发变叙叶号叹听启吴员周咏响哑团园围图圆圣场坏块坚坛坟垒处备复够头夹夺"
    "奋奖妆妇妈孙学宁宝实宠审宪宫宽宾对寻导寿将尔尘尝层属岁岂岗岛峡币师帐带帮库应庙废开异弃张弥弯弹强归当录"
    "彻径态怀怜总恋恶恼悬惊惧惨惯愿戏战户扑执扩扫扬扰抚抛抢护报拟拥择挂挥损换据掷敌数斋断无旧时显晓暂术机杀杂"
    "权条来杨极构枪柜标栈树样桥梦检楼欢欧残毁毕气汇汉汤沟没沪泪泽洁浅测济浑浓涛润涨渐湾湿满滚灭灯灵灾炉点烂烟"
    "烦烧热爱爷牵犹状独狮环现玛电画疗监盖盘矿码确礼祸离种积称稳穷窃竞笔节范荐荣药获萨蓝虽虑蚀补装见观规视览觉"
    "计订认讨让训议记讲许论设访证评识诉词译试诗话该详语误说请诸课谁调谈谢贝负财责败货质购贯贵贸费贺资赋赏赖赛"
    "赵跃转轮软轻载较辅辆辉输辞边达迁过迈运还这进远违连迟适选递逻遗邓邮邻郑酿释里钟钢钱铁银错键镇长门闭问闲间"
    "闻阁阅队阳阴阵阶际陆陈险随隐难雾静韩页顶项顺须顾预领频题颜风飞饭饮馆马驱驶验骑鱼鲁鸟鸡鸣龙国"
)
_TRADITIONAL = frozenset(
    "萬與專業東絲兩嚴喪個豐臨為麗舉麼義烏樂喬習鄉書買亂爭於虧雲亞產親億僅從崙倉儀們價眾優會偉傳傷倫偽體"
    "俠侶偵側僑債傾償儲兒黨蘭關興養獸內岡冊寫軍農馮沖決況凍淨涼減幾鳳憑凱擊劉則剛創刪別劑劍劇勸辦務動勵勁勞勢"
    "區醫華協單賣盧衛卻廠廳歷厲壓厭縣參雙發變敘葉號嘆聽啟吳員週詠響啞團園圍圖圓聖場壞塊堅壇墳壘處備復夠頭夾奪"
    "奮獎妝婦媽孫學寧寶實寵審憲宮寬賓對尋導壽將爾塵嘗層屬歲豈崗島峽幣師帳帶幫庫應廟廢開異棄張彌彎彈強歸當錄"
    "徹徑態懷憐總戀惡惱懸驚懼慘慣願戲戰戶撲執擴掃揚擾撫拋搶護報擬擁擇掛揮損換據擲敵數齋斷無舊時顯曉暫術機殺雜"
    "權條來楊極構槍櫃標棧樹樣橋夢檢樓歡歐殘毀畢氣匯漢湯溝沒滬淚澤潔淺測濟渾濃濤潤漲漸灣濕滿滾滅燈靈災爐點爛煙"
    "煩燒熱愛爺牽猶狀獨獅環現瑪電畫療監蓋盤礦碼確禮禍離種積稱穩窮竊競筆節範薦榮藥獲薩藍雖慮蝕補裝見觀規視覽覺"
    "計訂認討讓訓議記講許論設訪證評識訴詞譯試詩話該詳語誤說請諸課誰調談謝貝負財責敗貨質購貫貴貿費賀資賦賞賴賽"
    "趙躍轉輪軟輕載較輔輛輝輸辭邊達遷過邁運還這進遠違連遲適選遞邏遺鄧郵鄰鄭釀釋裡鐘鋼錢鐵銀錯鍵鎮長門閉問閒間"
    "聞閣閱隊陽陰陣階際陸陳險隨隱難霧靜韓頁頂項順須顧預領頻題顏風飛飯飲館馬驅駛驗騎魚魯鳥雞鳴龍國"
)
# Where both write the same character it tells nothing.
_ONLY_SIMPLIFIED, _ONLY_TRADITIONAL = _SIMPLIFIED - _TRADITIONAL, _TRADITIONAL - _SIMPLIFIED
_BOTH = 0.2


def measure(view: View) -> dict[str, float]:
    sentences = [sentence.strip() for sentence in _SENTENCE.findall(view.text)]
    sentences = [sentence for sentence in sentences if sentence]
    repeated = sum(map(len, sentences)) - sum(map(len, set(sentences)))
    return {
        "punctuation_share": share(len(_PUNCTUATION.findall(view.text)), view.visible),
        "mean_sentence_length": share(sum(map(len, sentences)), len(sentences)),
        "repeated_sentences": share(len(sentences) - len(set(sentences)), len(sentences)),
        "repeated_sentence_characters": share(repeated, sum(map(len, sentences))),
        "longest_unbroken": max(map(len, _UNBROKEN.findall(view.text)), default=0),
        "advertising_share": share(sum(map(len, _ADVERTISING.findall(view.text))), view.visible),
        "traditional_share": _traditional(view),
    }


def script(view: View) -> str:
    """simplified, traditional, both, or either: too little to tell."""
    marked = _marked(view)
    if not sum(marked):
        return "either"
    traditional = share(marked[1], sum(marked))
    return "simplified" if traditional < _BOTH else "traditional" if traditional > 1 - _BOTH else "both"


def _traditional(view: View) -> float:
    """Among the characters that only one script has; 0 where there are none."""
    simplified, traditional = _marked(view)
    return share(traditional, simplified + traditional)


def _marked(view: View) -> tuple[int, int]:
    counts = view.vocabulary
    return (
        sum(map(counts.__getitem__, _ONLY_SIMPLIFIED & counts.keys())),
        sum(map(counts.__getitem__, _ONLY_TRADITIONAL & counts.keys())),
    )
