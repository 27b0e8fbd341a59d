"""Addresses of the dashboard under /{language}-{region}/account/."""

from django.urls import path

from payments.pages.account import deposits, membership, orders, overview, report, wallet

urlpatterns = [
    path("", overview.overview, name="account"),
    path("orders", orders.orders, name="account_orders"),
    path("orders.csv", orders.orders_file, name="account_orders_file"),
    path("wallet", wallet.wallet, name="account_wallet"),
    path("wallet.csv", wallet.wallet_file, name="account_wallet_file"),
    path("deposits", deposits.deposits, name="account_deposits"),
    path("deposits/new", deposits.new, name="account_deposit_new"),
    path("deposits/ways", deposits.ways, name="account_deposit_ways"),
    path("deposits/place", deposits.place, name="account_deposit_place"),
    path("deposits/<slug:number>", deposits.deposit, name="account_deposit"),
    path("deposits/<slug:number>/live", deposits.live, name="account_deposit_live"),
    path("deposits/<slug:number>/check", deposits.check_again, name="account_deposit_check"),
    path("report", report.report, name="account_report"),
    path("membership", membership.membership, name="account_membership"),
    path("players", overview.players, name="account_players"),
    path("players/<slug:number>", overview.change_player, name="account_player"),
]
