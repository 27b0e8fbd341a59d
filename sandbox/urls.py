"""Every path of the sandbox."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from sandbox.chats import control as chats
from sandbox.chats import telegram, whatsapp
from sandbox.control import doors as control
from sandbox.digiflazz import doors as digiflazz
from sandbox.gemgo import doors as gemgo
from sandbox.google import doors as google
from sandbox.hitpay import doors as hitpay
from sandbox.midtrans import doors as midtrans
from sandbox.pay import doors as pay
from sandbox.wire import answer
from sandbox.xendit import doors as xendit


def healthz(request: HttpRequest) -> HttpResponse:
    """Alive."""
    return answer({"status": "ok"})


urlpatterns = [
    path("healthz", healthz),
    path("gemgo/api/v1/orders/create_order", gemgo.create_order),
    path("gemgo/api/v1/orders/order_history", gemgo.order_history),
    path("gemgo/api/v1/orders/check_player", gemgo.check_player),
    path("gemgo/api/v1/orders/funding_history", gemgo.funding_history),
    path("gemgo/api/v1/reseller/profile", gemgo.profile),
    path("gemgo/api/v1/catalogue/categories", gemgo.categories),
    path("gemgo/api/v1/catalogue/products/<str:game_code>", gemgo.products),
    path("digiflazz/v1/transaction", digiflazz.transaction),
    path("digiflazz/v1/cek-saldo", digiflazz.cek_saldo),
    path("digiflazz/v1/price-list", digiflazz.price_list),
    path("xendit/v3/payment_requests", xendit.create_payment_request),
    path("xendit/v3/payment_requests/<str:request_id>", xendit.payment_request),
    path("xendit/v3/payment_requests/<str:request_id>/cancel", xendit.cancel_payment_request),
    path("xendit/v3/payment_requests/<str:request_id>/simulate", xendit.simulate),
    path("xendit/v3/payments/<str:payment_id>", xendit.payment),
    path("xendit/refunds", xendit.all_refunds),
    path("xendit/refunds/<str:refund_id>", xendit.refund),
    path("xendit/sessions", xendit.create_session),
    path("xendit/sessions/<str:session_id>", xendit.session),
    path("xendit/sessions/<str:session_id>/cancel", xendit.cancel_session),
    path("midtrans/v2/charge", midtrans.charge),
    path("midtrans/v2/<str:name>/status", midtrans.status),
    path("midtrans/v2/<str:name>/cancel", midtrans.cancel),
    path("midtrans/v2/<str:name>/expire", midtrans.expire),
    path("midtrans/v2/<str:name>/refund", midtrans.refund),
    path("midtrans/v2/<str:name>/refund/online/direct", midtrans.refund),
    path("midtrans/v2/<str:name>/approve", midtrans.decide, {"verdict": "approve"}),
    path("midtrans/v2/<str:name>/deny", midtrans.decide, {"verdict": "deny"}),
    path("midtrans/v2/qris/<str:name>/qr-code", midtrans.qr_code),
    path("midtrans/snap/v1/transactions", midtrans.create_page),
    path("midtrans/snap/v1/transactions/<str:token>/cancel", midtrans.cancel_page),
    path("midtrans/snap/v3/redirection/<str:token>", midtrans.page),
    path("hitpay/v1/payment-requests", hitpay.payment_requests),
    path("hitpay/v1/payment-requests/<str:request_id>", hitpay.payment_request),
    path("hitpay/v1/refund", hitpay.create_refund),
    path("hitpay/v1/refund/<str:refund_id>", hitpay.refund),
    path("hitpay/payment-request/@<str:business>/<str:request_id>/checkout", hitpay.page),
    path("pay/<str:name>", pay.page),
    path("whatsapp/<str:version>/<str:number_id>/messages", whatsapp.messages),
    path("telegram/bot<str:token>/<str:method>", telegram.call),
    path("telegram/me/<str:bot>", telegram.app),
    path("control/messages", chats.messages),
    path("control/telegram/updates", chats.telegram_update),
    path("google/certs", google.certs),
    path("google/authorize", google.authorize),
    path("google/token", google.token),
    path("google/userinfo", google.userinfo),
    path("control/reset", control.reset),
    path("control/faults", control.set_faults),
    path("control/supplier/orders", control.supplier_orders),
    path("control/supplier/orders/finish", control.finish_supplier_orders),
    path("control/supplier/balance", control.supplier_balance),
    path("control/supplier/funding", control.supplier_funding),
    path("control/supplier/products/<str:product_code>", control.supplier_product),
    path("control/gateway/payments", control.gateway_payments),
    path("control/gateway/payments/<str:name>", control.gateway_payment),
    path("control/google/id-token", control.google_id_token),
]
