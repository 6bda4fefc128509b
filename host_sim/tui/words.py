"""What the face in the text terminal says, in English and Chinese, beside what both faces say."""
from host_sim.face import words as shared

TEXTS = shared.TEXTS | {
    "small": ("This window is {width}x{height}; the terminal needs 80x24.",
              "窗口为{width}x{height},至少需要80x24。"),
    "card_short": ("card", "刷卡"),
    "power_short": ("power", "电源"),
    "paper_short": ("paper", "纸"),
    "cable": ("cable", "网线"),
    "plugged_short": ("cable in", "网线已连"),
    "pulled_short": ("cable out", "网线拔出"),
    "inside": ("Inside", "内部"),
    "actions": ("more", "更多"),
    "help": ("help", "帮助"),
    "quit": ("quit", "退出"),
    "panes": ("panes", "窗格"),
    "drawing": ("draw", "绘制"),
    "next_till": ("Next till", "下一收银台"),
    "damaged": ("{card}, a digit read wrong", "{card},一位读错"),
    "half": ("{card}, only half of it", "{card},只读到一半"),
    "printer_well": ("Printer is well", "打印机正常"),
    "printer_open": ("Printer's cover is open", "打印机盖打开"),
    "printer_cutter": ("Printer's cutter is jammed", "切刀卡住"),
    "printer_hot": ("Printer is too hot", "打印头过热"),
    "noise_now": ("Noise on the line, 40 bytes", "线路噪声40字节"),
    "wrong_kcv": ("Next sign-on: wrong check value", "下次签到:校验值错误"),
    "miscount": ("Next settlement: totals differ", "下次结算:总额不符"),
    "statement": ("Type a statement of a key script…", "输入脚本语句…"),
    "statement_hint": ("such as: scan \"6912345678901\"", "例如:scan \"6912345678901\""),
    "saved": ("Saved: {path}", "已保存:{path}"),
    "failed": ("The face has failed, the terminal has not: {error}",
               "界面出错(终端无误):{error}"),
    "not_saved": ("Not saved: {why}", "未保存:{why}"),
    "operator": ("operator", "操作员"),
    "nobody": ("nobody logged in", "未登录"),
    "batch": ("batch", "批次"),
    "signed_on": ("signed on", "已签到"),
    "not_signed_on": ("not signed on", "未签到"),
    "training": ("training", "练习"),
    "tries": ("tries", "次数"),
    "no_state": ("idle", "空闲"),
    "at_port": ("host at {port}", "主机在{port}"),
    "port_gone": ("the line is gone", "线路已断开"),
    "plain_keys": ("Keys: 0-9, Enter, Backspace = CLEAR, x = CANCEL, m = MENU, u and d = UP, DOWN; "
                   "a = all else that can be done; Ctrl-C ends it.",
                   "按键:0-9、回车、退格=清除、x=取消、m=菜单、u/d=上/下;a=其他操作;Ctrl-C结束。"),
    "number_enter": ("A number and Enter; Enter alone leaves.", "输入编号后回车;直接回车返回。"),
    "no_such_row": ("There is no {answer} in this list.", "列表中没有{answer}。"),
    "help_text": ("""\
Keys of the terminal
  0-9 Enter           digits, ENTER
  Backspace           CLEAR
  Esc or x            CANCEL
  Up, Down            UP, DOWN
  m                   MENU
  or the mouse: a key stays down as long as the button

What is done to it
  c  swipe a card                p  power off, on
  w  network cable out, in       r  paper out, in
  s  how fast the clock goes     n  clock to the next event
  a  all of it: faults of the host, to arrange and take back,
     scenarios, stories and files to play, what can be tried,
     saving

What is looked at
  Tab  next pane: paper, wire, packet, acquirer, inside
  Up, Down in the wire choose a packet; Esc goes back
  v  screen as dots, as blocks, or as text
  t  next till                   l  中文
  ?  this                        q  quit (twice)
""", """\
终端按键
  0-9 Enter           数字、确认
  Backspace           清除
  Esc 或 x            取消
  ↑ ↓                 上、下
  m                   菜单
  或用鼠标:按住不放即为长按

动作
  c  刷卡                        p  断电、通电
  w  拔、插网线                  r  缺纸、装纸
  s  时钟快慢                    n  跳到下一事件
  a  全部操作:主机故障(设定、撤回)、场景、情节、脚本、可试内容、保存

查看
  Tab  下一窗格:纸、通信、报文、收单机构、内部
  在通信中用 ↑ ↓ 选报文;Esc 返回
  v  屏幕以点、块或文字显示
  t  下一收银台                  l  English
  ?  本页                        q  退出(两次)
"""),
    "once_more": ("Press q once more to quit.", "再按 q 退出。"),
}  # fmt: skip


def words(language):
    """Words in "zh", or else in English."""
    return shared.words(language, TEXTS)
