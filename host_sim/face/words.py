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
    "save_paper": ("Save the paper as a picture", "保存图片"),
    "keypad": ("Keypad", "键盘"),
    "key_CANCEL": ("CANCEL", "取消"),
    "key_CLEAR": ("CLEAR", "清除"),
    "key_ENTER": ("ENTER", "确认"),
    "key_MENU": ("MENU", "菜单"),
    "screen": ("Terminal's screen", "终端屏幕"),
    "wire": ("Wire", "通信"),
    "packet": ("Packet", "报文"),
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
    "second": ("+1 s", "+1秒"),
    "machine": ("Life of a refund", "退款状态机"),
    "journal": ("Journal", "日志"),
    "no_records": ("No open record.", "无未结记录。"),
    "flash": ("Flash", "闪存"),
    "steps": ("steps of the firmware", "固件步数"),
    "scenario": ("Scenario", "场景"),
    "speech": ("Terminal's language", "终端语言"),
    "seed": ("Seed", "种子"),
    "open": ("Open", "打开"),
    "save_script": ("Save as key script", "保存为按键脚本"),
    "save_capture": ("Save the capture", "保存抓包"),
    "lost": ("Connection lost. Trying again…", "连接中断,重试中…"),
    "not_opened": ("This cannot be opened", "无法打开"),
    "as_it_was": ("Back to the till: everything is as it was.", "返回收银台,一切如前。"),
    "first_refund": ("A first refund", "第一笔退款"),
    "first_power": ("Switch the power on.", "打开电源。"),
    "first_log_in": ("ENTER. Operator {operator} ENTER, password {password} ENTER.",
                     "确认。操作员 {operator} 确认,密码 {password} 确认。"),
    "first_order": ("1 for a refund, 1 for the reason, order {order} ENTER. Look it over: ENTER, "
                    "ENTER.",
                    "按 1 退款,按 1 选原因,订单号 {order} 确认。核对订单:确认、确认。"),
    "first_amount": ("1 for the full amount. Supervisor: {supervisor} ENTER.",
                     "按 1 全额。主管密码 {supervisor} 确认。"),
    "first_send": ("Check it once more: ENTER. ENTER sends it.", "再次核对:确认。再按确认发送。"),
    "first_then": ("Then another, and pull the cable before the last ENTER, or the power behind "
                   "it: nothing is lost, nothing is paid twice.",
                   "再退一笔:最后确认前拔出网线,或发送后关电源,不丢失,不重复退款。"),
    "switch_on": ("Off. Click to switch it on.", "已关机。点击打开电源。"),
    "voucher": ("Voucher", "凭条"),
    "save_run": ("Save the run in one file", "保存整个运行"),
    "play_file": ("Key script or saved run", "按键脚本或已保存的运行"),
    "play": ("Play", "播放"),
    "playing": ("Playing", "播放中"),
    "played": ("Played to its end", "已播放完毕"),
    "campaign_seed": ("Campaign seed", "故障战役种子"),
    "reproduce": ("Reproduce this seed", "重现此种子"),
    "no_violations": ("No invariant was violated.", "未违反任何不变量。"),
    "mac_state": ("MAC", "MAC"),
    "mac_key": ("key", "密钥"),
    "mac_none": ("not signed on", "未签到"),
    "mac_valid": ("right", "正确"),
    "mac_invalid": ("WRONG", "错误"),
    "mac_unchecked": ("not checked", "未校验"),
    "again": ("sent again", "重发"),
    "lost_on_the_way": ("lost", "丢失"),
    "unit_ACK": ("ACK: received", "ACK:已收到"),
    "unit_NAK": ("NAK: not understood, again please", "NAK:未识别,请重发"),
    "unit_bytes": ("bytes that are no frame", "非报文字节"),
    "heap": ("Heap", "堆内存"),
    "heap_none": ("This firmware runs on CPython, whose heap says nothing of a board. Live on "
                  "MicroPython: tuidan run --micropython. Measured: tuidan footprint.",
                  "此固件在CPython上运行,其堆与板子无关。MicroPython实时:tuidan run "
                  "--micropython;测量:tuidan footprint。"),
    "heap_alive": ("bytes alive of {of}, firmware and chip's stand-in, on MicroPython",
                   "字节在用(共{of}),固件与芯片替身,MicroPython"),
    "flash_blocks": ("of {of} blocks of flash in use", "/{of} 个闪存块已用"),
    "flash_operations": ("writes and erases", "次写入与擦除"),
    "crash-before": ("crashes the host, nothing booked", "使主机崩溃,未入账"),
    "crash-after": ("crashes the host, booked, no reply", "使主机崩溃,已入账未应答"),
    "refuse": ("is refused with code 91", "被拒绝,应答码91"),
    "mti_0220": ("refund", "退货"),
    "mti_0200": ("sale, void", "消费、撤销"),
    "mti_0600": ("inquiry", "查询"),
    "mti_0420": ("cancel", "取消"),
    "mti_0400": ("reversal", "冲正"),
    "mti_0800": ("sign-on", "签到"),
    "mti_0820": ("line test, sign-off", "线路测试、签退"),
    "mti_0500": ("settlement", "结算"),
    "take_back": ("Take back", "撤回"),
    "arranged": ("Arranged:", "已设定:"),
    "happened": ("Happened:", "已发生:"),
    "for_good": ("until the end", "一直"),
    "any": ("any", "任何"),
    "line": ("On the line:", "线路:"),
    "printer": ("Printer:", "打印机:"),
    "printer_well": ("well", "正常"),
    "printer_open": ("cover open", "盖打开"),
    "printer_cutter": ("cutter jammed", "切刀卡住"),
    "printer_hot": ("too hot", "过热"),
    "wrong-kcv": ("wrong check value", "校验值错误"),
    "miscount": ("other totals", "总额不符"),
    "ask-sign-on": ("is answered: sign on again", "应答要求重新签到"),
    "statement": ("Anything else, in the key scripts' language", "其他:按键脚本语句"),
    "do": ("Do", "执行"),
    "badly": ("read badly", "读卡出错"),
    "merchants": ("Merchants' balances", "商户余额"),
    "merchant": ("Merchant", "商户"),
    "trying": ("To try", "试一试"),
    "log_in": ("Log in", "登录"),
    "operator": ("operator", "操作员"),
    "supervisor": ("supervisor", "主管"),
    "cards": ("Cards", "卡"),
    "rules": ("Rules", "规则"),
    "rule_window": ("refunds up to {days} days after the sale", "消费后{days}天内可退款"),
    "rule_limit": ("at most {amount} a refund", "单笔退款不超过{amount}"),
    "risk_per_terminal": ("held for review after {} refunds of a till in an hour",
                          "同一终端一小时内退款{}笔后须审核"),
    "risk_per_operator": ("held after {} refunds of an operator in an hour",
                          "同一操作员一小时内退款{}笔后须审核"),
    "risk_sales_percent": ("held when more than {}% of the week's sales go back",
                           "退款超过本周销售额{}%须审核"),
    "risk_amount": ("held from {} on", "{}及以上须审核"),
    "risk_hours": ("held outside of {}-{}", "{}-{}之外须审核"),
    "to_refund": ("refund", "退货"),
    "to_void": ("void", "撤销"),
    "to_sale": ("sale", "消费"),
    "first_tries": ("first {} tries", "前{}次"),
    "at_try": ("at try {}", "第{}次"),
    "test_amounts": ("Test amounts: a refund or sale whose cents are a code is answered with it",
                     "测试金额:退款或消费的分位为应答码时按其应答"),
    "no_test_amounts": ("This merchant is answered by the rules alone: no test amounts.",
                        "该商户仅按规则应答,无测试金额。"),
    "story": ("Watch a story", "看一个情节"),
    "story_first": ("refund_english", "refund_full"),
    "crashed": ("The firmware crashed", "固件崩溃"),
    "page_language": ("中文", "English"),
    "skip": ("To the keypad", "跳到键盘"),
    "unreadable": ("no packet", "无法解析"),
    "bytes": ("bytes", "字节"),
    "keys_help": (
        "Keyboard: 0-9, Enter, Backspace = CLEAR, Esc = CANCEL, M = MENU, arrows.",
        "键盘:0-9、回车、退格=清除、Esc=取消、M=菜单、方向键。"),
}  # fmt: skip


# What the dialect calls a message, in Chinese.
MESSAGES = {
    "echo": "回响测试", "sign on": "签到", "sign off": "签退", "order inquiry": "订单查询",
    "refund status": "退款查询", "open intents": "未结查询", "refund": "退货",
    "refund repeat": "退货重发", "cancel": "退货取消", "cancel repeat": "取消重发",
    "void": "消费撤销", "sale": "消费",
    "void reversal": "撤销冲正", "sale reversal": "消费冲正", "settlement": "批结算",
    "batch upload": "批上送", "batch end": "批上送结束", "activate": "终端激活",
}
# What a row of the ledger or of the journal says, in Chinese.
LEDGER = {
    "refund": "退货", "sale": "消费", "void": "撤销", "open": "处理中", "in review": "审核中",
    "approved": "成功", "declined": "拒绝", "cancelled": "已取消",
    "free": "空闲", "prepared": "已登记", "sent": "已发送", "cancelling": "取消中",
    "pending review": "待审核", "annulled": "已作废", "reversing": "冲正中", "lost": "失联",
}
# Kinds of fault of the host, in Chinese.
FAULTS = {
    "deaf": "主机未收到", "mute": "应答丢失", "bad mac": "应答MAC错误", "wrong kcv": "校验值错误",
    "delay": "应答延迟", "refuse": "被拒绝", "miscount": "结算不符", "ask sign on": "要求签到",
    "crash": "主机崩溃",
}


class Words(dict):
    """The texts in one language; `language` is its name."""

    language = "en"

    def line_words(self):
        """What a page needs to tell the units of a line: {English: what to say}."""
        said = {name: self[name] for name in ("out", "in", "again", "mac_valid", "mac_invalid",
                                              "mac_unchecked")}
        said |= {"lost": self["lost_on_the_way"], "ACK": "ACK", "NAK": "NAK",
                 "bytes": self["unit_bytes"]}
        if self.language == "zh":
            said |= {"yuan": "元", "code": "应答码", "no packet": self["unreadable"]}
            for name, chinese in MESSAGES.items():
                said |= {f"{name} request": f"{chinese}请求", f"reply to {name}": f"{chinese}应答"}
        return said

    def ledger_words(self):
        return LEDGER if self.language == "zh" else {}

    def fault_words(self):
        return FAULTS if self.language == "zh" else {}


def words(language, texts=TEXTS):
    """Words in "zh", or else in English; `texts` is a table like TEXTS."""
    at = LANGUAGES.index(language) if language in LANGUAGES else 0
    made = Words({name: text[at] for name, text in texts.items()})
    made.language = LANGUAGES[at]
    return made
