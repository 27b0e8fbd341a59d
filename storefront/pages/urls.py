"""Addresses of the shop's pages under /{language}-{region}/."""

from django.urls import path

from storefront.pages import art, home, product, promo, quote, sitemap

urlpatterns = [
    path("", home.root),
    path("sitemap.xml", sitemap.sitemap),
    path("robots.txt", sitemap.robots),
    path("art/social/<str:code>.png", art.social),
    path("art/<slug:kind>/<str:code>.svg", art.drawing),
    path("<shop:place>/", home.home, name="home"),
    path("<shop:place>/search", home.search, name="search"),
    path("<shop:place>/help", home.help_page, name="help"),
    path("<shop:place>/<slug:slug>", product.product_page, name="product"),
    path("<shop:place>/<slug:slug>/check", quote.check, name="check"),
    path("<shop:place>/<slug:slug>/promo", promo.promo, name="promo"),
    path("<shop:place>/<slug:slug>/quote", quote.quote, name="quote"),
]
