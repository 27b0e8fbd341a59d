"""HitPay's payment methods: where they work, how they are paid, what goes back."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Method:
    code: str
    label: str
    currencies: tuple[str, ...]
    qr: bool = False
    direct: bool = False
    refunds: bool = False
    card: bool = False


_METHODS = {
    method.code: method
    for method in (
        Method("paynow_online", "PayNow", ("SGD",), qr=True, refunds=True),
        Method("grabpay_direct", "GrabPay", ("SGD", "MYR"), qr=True, direct=True, refunds=True),
        Method("grabpay_paylater", "GrabPay PayLater", ("SGD", "MYR"), qr=True, direct=True, refunds=True),
        Method("shopee_pay", "ShopeePay", ("SGD", "MYR", "PHP"), qr=True, refunds=True),
        Method("atome", "Atome", ("SGD",), qr=True, refunds=True),
        Method("shopback", "ShopBack", ("SGD",), refunds=True),
        Method("wechat_pay", "WeChat Pay", ("SGD",), qr=True),
        Method("upi_qr", "UPI", ("SGD",), qr=True),
        Method("touch_n_go", "Touch 'n Go", ("MYR",), qr=True, direct=True),
        Method("fpx", "FPX", ("MYR",)),
        Method("duitnow", "DuitNow QR", ("MYR",), qr=True),
        Method("razer_maybankqr", "Maybank QR", ("MYR",), refunds=True),
        Method("qrph_netbank", "QR Ph", ("PHP",), qr=True),
        Method("gcash_qr", "GCash", ("PHP",), qr=True),
        Method("gcash", "GCash", ("PHP",), direct=True),
        *(
            Method(f"upay_{shop}", "Over the counter", ("PHP",), refunds=True)
            for shop in ("bayad", "ecpy", "plwn", "instapay")
        ),
        Method("opn_prompt_pay", "PromptPay", ("THB",), qr=True),
        Method("opn_true_money_qr", "TrueMoney", ("THB",), qr=True),
        Method("doku_qris", "QRIS", ("IDR",), qr=True),
        Method("ifpay_qris", "QRIS", ("IDR",), qr=True, refunds=True),
        Method("card", "Card", ("SGD", "MYR", "PHP", "THB", "IDR"), refunds=True, card=True),
    )
}
COUNTRIES = {"SGD": "SG", "MYR": "MY", "PHP": "PH", "THB": "TH", "IDR": "ID"}


def find(code: str) -> Method | None:
    """The method of that code."""
    return _METHODS.get(code)


def of(code: str) -> Method:
    """The method of a payable's channel code."""
    return _METHODS[code]
