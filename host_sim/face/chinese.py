"""What a packet's parts are called and say, in Chinese; show/explain.py has them in English.

A name or phrase that is not here stays as it is: it is a value, or it is the field's own.
"""
import re
from dataclasses import replace

from host_sim.face.words import MESSAGES

NAMES = {
    "header": "报文头", "MTI": "消息类型", "bitmap": "位图",
    "card number": "主账号", "processing code": "处理码", "amount, fen": "金额(分)",
    "STAN": "流水号", "time": "时间", "date": "日期", "expiry": "有效期",
    "settlement date": "清算日期", "entry mode": "输入方式", "card sequence": "卡序列号",
    "condition code": "条件码", "PIN length limit": "PIN最大长度", "acquirer": "收单机构",
    "track 2": "二磁道", "track 3": "三磁道", "RRN": "参考号", "authorisation": "授权码",
    "response code": "应答码", "terminal": "终端号", "merchant": "商户号",
    "merchant name": "商户名称", "issuer, acquirer": "发卡与收单机构",
    "additional data 46": "附加数据46", "totals or batch entries": "总额或批明细",
    "currency": "币种", "PIN block": "PIN块", "security control": "安全控制", "balance": "余额",
    "chip data": "芯片数据", "additional data 56": "附加数据56",
    "additional data 59": "附加数据59", "type, batch, network code": "类型、批次、管理码",
    "original batch, STAN, date": "原批次、流水号、日期", "keys or tags": "密钥或标签",
    "card scheme or operator": "卡组织或操作员", "MAC": "MAC",
    "type": "类型", "batch": "批次", "network code": "管理码", "original batch": "原批次",
    "original STAN": "原流水号", "original date": "原日期", "no tag": "非标签",
    "order number": "订单号", "product": "商品", "quantity": "数量",
    "order amount, fen": "订单金额(分)", "already refunded, fen": "已退金额(分)",
    "reason": "原因", "operator": "操作员", "state": "状态", "expected arrival": "预计到账",
    "reviewer's note": "审核意见", "original terminal": "原终端", "date of the intent": "意向日期",
    "card token": "卡令牌", "open intent": "未结意向", "host's last STAN": "主机末笔流水号",
    "masked card": "掩码卡号", "risk rules": "风险规则", "payment code": "付款码",
    "activation code, its name": "激活码名称", "master key, TR-31": "主密钥(TR-31)",
    "terminal's nonce": "终端随机数", "proof of the code": "激活码证明",
    "KCV, check value": "校验值", "MAC algorithm": "MAC算法",
}
# Values in words: what follows a code and its colon, or stands alone.
PHRASES = {
    "purchase": "消费", "money back to the customer": "退款给顾客", "order inquiry": "订单查询",
    "refund status": "退款状态", "open intents": "未结意向", "unknown": "未知",
    "network or batch": "管理或批", "inquiry": "查询", "sale": "消费", "void": "撤销",
    "refund": "退货", "sign-on, single keys": "签到,单倍长密钥",
    "sign-on, double keys": "签到,双倍长密钥",
    "sign-on, double keys with track key": "签到,双倍长密钥含磁道密钥", "sign-off": "签退",
    "echo": "回响", "activation": "激活", "settlement": "结算", "batch end": "批结束",
    "none": "无", "other": "其他", "RMB": "人民币", "as below": "见下",
    "present, not shown": "有,不显示",
    "under the TMK, then its check value": "主密钥加密,后附校验值",
    "approved": "成功", "call the issuer": "联系发卡行", "merchant not valid": "无效商户",
    "refused": "拒绝", "held for review": "待审核", "invalid transaction": "无效交易",
    "invalid amount": "无效金额", "invalid card number": "无效卡号",
    "out of the refund window": "超过退款期限", "no original transaction": "无原交易",
    "format error": "格式错误", "not supported": "不支持", "insufficient balance": "余额不足",
    "card expired": "卡过期", "wrong PIN": "密码错误", "terminal not allowed": "终端不允许",
    "over the limit": "超限额", "amount does not match the original": "金额与原交易不符",
    "timeout": "超时", "PIN tries exceeded": "密码次数超限", "sign on again": "请重新签到",
    "day cut in progress": "日切中", "issuer out of service": "发卡行无应答",
    "line fault": "线路故障", "duplicate": "重复", "system fault": "系统故障",
    "terminal not enrolled": "终端未登记", "issuer timeout": "发卡行超时",
    "PIN format": "密码格式错误",
    "MAC wrong, sign on again": "MAC错误,请重新签到", "voided or cancelled": "已撤销或取消",
    "reversed": "已冲正", "open": "处理中", "in review": "审核中", "declined": "拒绝",
    "cancelled": "已取消", "unknown key": "未知",
}
_FORMS = (
    (r"to (\w+), from (\w+)", r"目的 \1,源 \2"),
    (r"class (\w+), version (\w+), terminal status (\w), asks nothing",
     r"类 \1,版本 \2,状态 \3,无要求"),
    (r"class (\w+), version (\w+), terminal status (\w), asks to sign on again",
     r"类 \1,版本 \2,状态 \3,要求签到"),
    (r"class (\w+), version (\w+), terminal status (\w), asks (.*)",
     r"类 \1,版本 \2,状态 \3,要求 \4"),
    (r"fields (.*)", r"域 \1"),
    (r"([\d.]+) yuan", r"\1 元"),
    (r"(\d+) bytes(, as below)?", r"\1 字节"),
    (r"(\S+): (\S+) under the MAK over bytes (\d+) to (\d+)", r"\1:\2,MAK,字节 \3 至 \4"),
    (r"issuer (\w+), acquirer (\w+)", r"发卡 \1,收单 \2"),
)
_ENTRY = {"keyed": "手工", "magnetic stripe": "磁条", "chip": "芯片", "contactless": "非接",
          "QR code": "二维码", "not given": "未指明", "with PIN": "有密码", "no PIN": "无密码",
          "other": "其他"}


def part(one):
    """An explain.Part, in Chinese as far as it is words."""
    number, space, name = one.name.partition(" ")
    if one.name in NAMES:
        called = NAMES[one.name]
    else:   # a field's or a tag's number goes before its name
        called = f"{number}{space}{NAMES.get(name, name)}"
    return replace(one, name=called, words=said(one.words))


def said(words):
    """What a part says."""
    for form, chinese in _FORMS:
        if re.fullmatch(form, words):
            return re.sub(form, chinese, words)
    code, colon, rest = words.partition(": ")
    if not colon:
        return PHRASES.get(words, words)
    pieces = rest.split(", ")
    if rest in PHRASES:
        rest = PHRASES[rest]
    elif all(piece in _ENTRY for piece in pieces):
        rest = ",".join(_ENTRY[piece] for piece in pieces)
    else:
        rest = title(rest)
    return f"{code}:{rest}"


def title(english):
    """What a message is (explain.title)."""
    for name, chinese in MESSAGES.items():
        if english == f"{name} request":
            return f"{chinese}请求"
        if english == f"reply to {name}":
            return f"{chinese}应答"
    return english
