"""What the page itself says, in English and Chinese: one row a text.

What the terminal says is the firmware's own (firmware/text).
"""
LANGUAGES = ("en", "zh")
TEXTS = {
    "title": ("Tuidan terminal", "退单终端"),
    "office": ("Back office", "后台"),
    "till": ("Till", "收银台"),
    "power": ("Power", "电源"),
    "on": ("on", "开"),
    "off": ("off", "关"),
    "network": ("Network cable", "网线"),
    "plugged": ("plugged in", "已连接"),
    "pulled": ("pulled out", "已拔出"),
    "card": ("Card slot", "卡槽"),
    "swipe": ("Swipe", "刷卡"),
    "credit": ("credit card", "贷记卡"),
    "debit": ("debit card", "借记卡"),
    "long": ("19-digit card", "19位卡"),
    "expired": ("expired card", "过期卡"),
    "paper": ("Paper", "纸"),
    "paper_in": ("paper in", "有纸"),
    "paper_out": ("out of paper", "缺纸"),
    "nothing_printed": ("Nothing printed yet.", "尚未打印。"),
    "save_paper": ("Save as picture", "保存图片"),
    "keypad": ("Keypad", "键盘"),
    "screen": ("Terminal's screen", "终端屏幕"),
    "wire": ("Wire", "通信"),
    "no_frames": ("Nothing on the line yet.", "线路上尚无报文。"),
    "out": ("to the host", "发往主机"),
    "in": ("to the terminal", "发往终端"),
    "choose_frame": ("Choose a packet to read it byte by byte.", "点击报文逐字节查看。"),
    "acquirer": ("Acquirer", "收单机构"),
    "orders": ("Orders", "订单"),
    "transactions": ("Transactions", "交易"),
    "order": ("Order", "订单号"),
    "product": ("Product", "商品"),
    "amount": ("Amount", "金额"),
    "back": ("Given back", "已退"),
    "state": ("State", "状态"),
    "kind": ("Kind", "类型"),
    "code": ("Code", "应答码"),
    "balanced": ("The books balance.", "账目平衡。"),
    "unbalanced": ("The books do not balance!", "账目不平!"),
    "faults": ("Faults", "故障"),
    "fault_next": ("The next request of this kind:", "下一个此类请求:"),
    "silent": ("is not heard", "主机未收到"),
    "mute": ("is done, its reply lost", "已处理,应答丢失"),
    "bad-mac": ("is answered with a wrong MAC", "应答MAC错误"),
    "delay": ("is answered 5 s late", "应答延迟5秒"),
    "arrange": ("Arrange", "设定"),
    "noise": ("Noise on the line", "线路噪声"),
    "damage": ("Flip bits (1 in 100 bytes)", "位翻转(1%)"),
    "mend": ("No more flips", "停止翻转"),
    "clock": ("Clock", "时钟"),
    "stand": ("stands", "停止"),
    "real": ("real time", "实时"),
    "times": ("times", "倍"),
    "step": ("Next event", "下一事件"),
    "machine": ("Life of a refund", "退款状态机"),
    "journal": ("Journal", "日志"),
    "no_records": ("No open record.", "无未结记录。"),
    "flash": ("flash operations", "闪存操作"),
    "steps": ("firmware steps", "固件步数"),
    "scenario": ("Scenario", "场景"),
    "speech": ("Terminal's language", "终端语言"),
    "seed": ("Seed", "种子"),
    "open": ("Open", "打开"),
    "save_script": ("Save as key script", "保存为按键脚本"),
    "save_capture": ("Save the capture", "保存抓包"),
    "lost": ("Connection lost. Trying again…", "连接中断,重试中…"),
    "crashed": ("The firmware crashed", "固件崩溃"),
    "page_language": ("中文", "English"),
    "skip": ("To the keypad", "跳到键盘"),
    "bytes": ("bytes", "字节"),
    "keys_help": (
        "Keyboard: 0-9, Enter, Backspace = CLEAR, Esc = CANCEL, M = MENU, arrows.",
        "键盘:0-9、回车、退格=清除、Esc=取消、M=菜单、方向键。"),
}  # fmt: skip


class Words(dict):
    """The texts in one language; `language` is its name."""

    language = "en"


def words(language, texts=TEXTS):
    """Words in "zh", or else in English; `texts` is a table like TEXTS."""
    at = LANGUAGES.index(language) if language in LANGUAGES else 0
    made = Words({name: text[at] for name, text in texts.items()})
    made.language = LANGUAGES[at]
    return made
