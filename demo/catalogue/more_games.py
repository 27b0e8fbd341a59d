"""The rest of the games: one currency each, mostly, and a shorter text."""

from __future__ import annotations

from demo.catalogue import fields
from demo.catalogue.games import FEATURES, GAME_MARGIN, SECTIONS, steps
from demo.catalogue.shapes import Field, Goods, Lists, Texts, amounts, both, everywhere, only_home


def _game(
    code: str,
    slug: str,
    name: str,
    publisher: str,
    texts: Texts,
    *,
    game: str,
    table: str,
    unit: str,
    supplier_unit: str,
    tags: tuple[str, ...],
    search_words: str,
    palette: str,
    glyph: str,
    abroad: bool = True,
    account: tuple[Field, ...] = (),
    typed: Lists | str = "User ID",
    off: dict[str, int] | None = None,
    player_field: str = "userId",
    zone_field: str = "",
    is_popular: bool = False,
) -> Goods:
    return Goods(
        code=code,
        slug=slug,
        name=name,
        publisher=publisher,
        subtitle=publisher,
        category="top-up-game",
        description=texts,
        fields=account or (fields.user_id(),),
        games=everywhere(game) if abroad else only_home(game),
        items=amounts(code, {game: table}, unit=unit, supplier_unit=supplier_unit, off=off),
        margin_percent=GAME_MARGIN,
        features=FEATURES,
        how_to_order=steps(typed, unit),
        tags=tags,
        search_words=search_words,
        palette=palette,
        glyph=glyph,
        is_popular=is_popular,
        player_field=player_field,
        zone_field=zone_field,
        sections=SECTIONS,
    )


_ID_AND_SERVER: Lists = {"id": ["User ID dan pilih server"], "en": ["User ID and choose your server"]}
_ID_AND_ZONE: Lists = {"id": ["User ID dan Zone ID"], "en": ["User ID and Zone ID"]}

ZENLESS = _game(
    "ZZZ", "zenless-zone-zero", "Zenless Zone Zero", "HoYoverse",
    both("Monochrome untuk Proxy yang tidak mau ketinggalan sinyal.",
        "Monochrome for Proxies who never miss a signal."),
    game="zzz", table="60:87 300:435 980:1305 1980:2610 3280:4350 6480:8700", unit="Monochrome",
    supplier_unit="monochrome", tags=("RPG", "Action"), search_words="zzz zenless hoyo", palette="abu", glyph="zap",
    account=(
        fields.user_id(least=8, most=12, placeholder="1300123456"),
        fields.server(
            (("prod_gf_jp", "Asia"), ("prod_gf_us", "America"), ("prod_gf_eu", "Europe"), ("prod_gf_sg", "TW, HK, MO"))
        ),
    ),
    typed=_ID_AND_SERVER, zone_field="server", off={"980": 3},
)  # fmt: skip
WUTHERING = _game(
    "WUWA", "wuthering-waves", "Wuthering Waves", "Kuro Games",
    both("Lunite untuk Rover yang mengejar resonansi.", "Lunite for Rovers in search of resonance."),
    game="wutheringwaves", table="60:87 300:435 980:1305 1980:2610 3280:4350 6480:8700", unit="Lunites",
    supplier_unit="lunites", tags=("RPG", "Open World"), search_words="wuwa wuthering kuro lunite", palette="langit",
    glyph="moon-star",
    account=(
        fields.user_id(least=8, most=10, placeholder="900123456"),
        fields.server(
            (("sea", "SEA"), ("asia", "Asia"), ("america", "America"), ("europe", "Europe"), ("hmt", "TW, HK, MO"))
        ),
    ),
    typed=_ID_AND_SERVER, zone_field="server", off={"1980": 3},
)  # fmt: skip
LOVE_AND_DEEPSPACE = _game(
    "LADS", "love-and-deepspace", "Love and Deepspace", "Infold Games",
    both("Crystal untuk cerita dan kenangan baru, server Asia.", "Crystals for new stories and memories, Asia server."),
    game="lovedeepspace", table="60:85 300:425 680:850 1280:1480 1980:2250 3280:3700 6480:7400", unit="Crystals",
    supplier_unit="crystals", tags=("Romance", "Story"), search_words="lads deepspace otome", palette="teratai",
    glyph="heart", account=(fields.user_id(least=8, most=12),), off={"1280": 4},
)  # fmt: skip
CALL_OF_DUTY = _game(
    "CODM", "call-of-duty-mobile", "Call of Duty Mobile", "Garena",
    both("CP untuk Battle Pass dan crate, server Garena.", "CP for the Battle Pass and crates, Garena server."),
    game="codm", table="31:26 63:52 128:105 321:262 645:524 800:655 1373:1048 2060:1572 3564:2620 7656:5240", unit="CP",
    supplier_unit="cp", tags=("Shooter", "Multiplayer"), search_words="codm cod duty", palette="padi", glyph="skull",
    account=(fields.user_id(least=6, most=20, placeholder="6742123456789012345"),), off={"321": 3, "1373": 4},
)  # fmt: skip
DELTA_FORCE = _game(
    "DELTAFORCE", "delta-force", "Delta Force", "Garena",
    both("Delta Coins untuk operator dan senjata, server Garena.",
        "Delta Coins for operators and weapons, Garena server."),
    game="deltaforce", table="60:80 320:400 460:580 750:920 1480:1790 1980:2300 3950:4550 8100:9100",
    unit="Delta Coins",
    supplier_unit="delta_coins", tags=("Shooter", "Tactical"), search_words="df delta force", palette="daun",
    glyph="shield-half", account=(fields.user_id(least=6, most=20),), off={"750": 5, "1480": 5}, is_popular=True,
)  # fmt: skip
ARENA_BREAKOUT = _game(
    "ARENABREAKOUT", "arena-breakout", "Arena Breakout", "Level Infinite",
    both("Bonds untuk bekal sebelum masuk zona gelap.", "Bonds, to be ready before you enter the dark zone."),
    game="arenabreakout", table="60:80 310:400 630:800 1580:2000 3200:4000 6500:8000", unit="Bonds",
    supplier_unit="bonds", tags=("Shooter", "Tactical"), search_words="ab breakout bond", palette="soga",
    glyph="shield",
    account=(fields.user_id(least=6, most=20),),
)  # fmt: skip
BLOOD_STRIKE = _game(
    "BLOODSTRIKE", "blood-strike", "Blood Strike", "NetEase Games",
    both("Gold untuk strike pass dan skin senjata.", "Gold for the strike pass and weapon skins."),
    game="bloodstrike", table="50:45 100:85 300:255 500:425 1000:850 2000:1700 5000:4250", unit="Golds",
    supplier_unit="golds", tags=("Battle Royale", "Shooter"), search_words="bs blood strike gold", palette="mengkudu",
    glyph="bomb", off={"500": 3},
)  # fmt: skip
WILD_RIFT = _game(
    "LOLWR", "wild-rift", "League of Legends: Wild Rift", "Riot Games",
    both("Wild Cores untuk akun Indonesia, cukup Riot ID.", "Wild Cores for accounts in Indonesia, by Riot ID alone."),
    game="lolwr", table="425:285 1000:665 1850:1140 3275:1995 4800:2850 10000:5700", unit="Wild Cores",
    supplier_unit="wild_cores", tags=("MOBA", "Multiplayer"), search_words="lol wr wildrift riot", palette="langit",
    glyph="axe", abroad=False, account=(fields.riot_id(),), typed="Riot ID", player_field="riotId", off={"1850": 3},
)  # fmt: skip
ARENA_OF_VALOR = _game(
    "AOV", "arena-of-valor", "Arena of Valor", "Garena",
    both("Voucher AOV untuk server Indonesia.", "AOV vouchers for the Indonesian server."),
    game="aov", table="7:9 18:17 40:43 90:86 230:215 470:430 950:860 1430:1290 2390:2150 4800:4300", unit="Vouchers",
    supplier_unit="vouchers", tags=("MOBA", "Multiplayer"), search_words="aov arena valor", palette="laut",
    glyph="sword", abroad=False, account=(fields.user_id(least=8, most=20),),
)  # fmt: skip
MAGIC_CHESS = _game(
    "MCGG", "magic-chess", "Magic Chess: Go Go", "Moonton",
    both("Diamond Magic Chess untuk akun Indonesia, masuk tanpa login.",
        "Magic Chess diamonds for Indonesian accounts."),
    game="magicchess", table="5:8 19:30 59:91 86:132 172:264 257:393 344:526 706:1070", unit="Diamonds",
    supplier_unit="diamonds", tags=("Strategy", "Auto Battler"), search_words="mcgg magic chess catur",
    palette="manggis",
    glyph="chess-knight", abroad=False, account=(fields.user_id(), fields.zone_id()), typed=_ID_AND_ZONE,
    zone_field="zoneId", off={"172": 2},
)  # fmt: skip
FC_MOBILE = _game(
    "FCMOBILE", "fc-mobile", "EA Sports FC Mobile", "EA Sports",
    both("FC Points untuk membangun skuad impian, akun Indonesia.",
        "FC Points for your dream squad, Indonesian accounts."),
    game="fcmobile", table="40:43 100:86 520:430 1070:860 2200:1720 5750:4300 12000:8600", unit="FC Points",
    supplier_unit="fc_points", tags=("Sports", "Football"), search_words="fc fifa ea bola", palette="daun",
    glyph="volleyball", abroad=False, account=(fields.user_id(least=8, most=16),), off={"1070": 4},
)  # fmt: skip
EFOOTBALL = _game(
    "EFOOTBALL", "efootball", "eFootball", "Konami",
    both("Koin eFootball untuk pemain dan kontrak baru.", "eFootball coins for new players and contracts."),
    game="efootball", table="130:95 300:215 550:385 1040:710 2130:1420 5700:3550", unit="Coins", supplier_unit="coins",
    tags=("Sports", "Football"), search_words="pes efootball bola konami", palette="tarum", glyph="trophy",
    account=(fields.user_id(least=6, most=16),), off={"1040": 4},
)  # fmt: skip


def _supercell(
    code: str, slug: str, name: str, texts: Texts, *, game: str, table: str, palette: str, glyph: str, words: str
) -> Goods:
    return _game(
        code, slug, name, "Supercell", texts, game=game, table=table, unit="Gems", supplier_unit="gems",
        tags=("Strategy", "Multiplayer"), search_words=words, palette=palette, glyph=glyph,
        account=(fields.player_tag(),), typed="Player Tag", player_field="playerTag", off={"1200": 3, "170": 3},
    )  # fmt: skip


CLASH_OF_CLANS = _supercell(
    "COC", "clash-of-clans", "Clash of Clans",
    both("Gem untuk desa yang tumbuh lebih cepat.", "Gems, for a village that grows faster."),
    game="coc", table="80:88 500:440 1200:880 2500:1760 6500:4400 14000:8800", palette="padi", glyph="castle",
    words="coc clash clan gem",
)  # fmt: skip
CLASH_ROYALE = _supercell(
    "CLASHROYALE", "clash-royale", "Clash Royale",
    both("Gem untuk peti, kartu, dan Pass Royale.", "Gems for chests, cards and the Pass Royale."),
    game="clashroyale", table="80:88 500:440 1200:880 2500:1760 6500:4400 14000:8800", palette="langit", glyph="crown",
    words="cr clash royale gem",
)  # fmt: skip
BRAWL_STARS = _supercell(
    "BRAWLSTARS", "brawl-stars", "Brawl Stars",
    both("Gem untuk Brawler dan Brawl Pass.", "Gems for Brawlers and the Brawl Pass."),
    game="brawlstars", table="30:175 80:440 170:880 360:1760 950:4400 2000:8800", palette="teratai", glyph="star",
    words="bs brawl star gem",
)  # fmt: skip
STUMBLE_GUYS = _game(
    "STUMBLEGUYS", "stumble-guys", "Stumble Guys", "Scopely",
    both("Gem untuk kostum dan emote paling konyol.", "Gems for the silliest costumes and emotes."),
    game="stumbleguys", table="120:60 250:90 800:270 1300:390 1600:450 5000:1350", unit="Gems", supplier_unit="gems",
    tags=("Party", "Casual"), search_words="stumble guys", palette="tembikar", glyph="rabbit", off={"1300": 5},
)  # fmt: skip
SUPER_SUS = _game(
    "SUPERSUS", "super-sus", "Super Sus", "PIProductions",
    both("Goldstar untuk peran dan kostum awak kapal.", "Goldstars for roles and crew costumes."),
    game="supersus", table="100:85 310:255 520:425 1060:850 2180:1700 5600:4250", unit="Goldstars",
    supplier_unit="goldstars", tags=("Party", "Casual"), search_words="sus impostor goldstar", palette="abu",
    glyph="ghost",
)  # fmt: skip
SAUSAGE_MAN = _game(
    "SAUSAGEMAN", "sausage-man", "Sausage Man", "XD Inc.",
    both("Permen untuk gaya tempur para sosis.", "Candies for sausages who fight in style."),
    game="sausageman", table="60:85 180:255 316:425 718:850 1368:1700 3548:4250", unit="Candies",
    supplier_unit="candies", tags=("Battle Royale", "Casual"), search_words="sausage sosis candy", palette="soga",
    glyph="lollipop", off={"718": 4},
)  # fmt: skip
IDENTITY_V = _game(
    "IDENTITYV", "identity-v", "Identity V", "NetEase Games",
    both("Echoes untuk pemburu dan penyintas.", "Echoes, for hunters and survivors alike."),
    game="identityv", table="60:85 185:255 305:425 690:850 2025:2550 3330:4250", unit="Echoes", supplier_unit="echoes",
    tags=("Horror", "Multiplayer"), search_words="idv identity echo", palette="malam", glyph="ghost",
    account=(fields.user_id(), fields.server((("asia", "Asia"), ("na_eu", "NA-EU")))), typed=_ID_AND_SERVER,
    zone_field="server",
)  # fmt: skip
EGGY_PARTY = _game(
    "EGGYPARTY", "eggy-party", "Eggy Party", "NetEase Games",
    both("Eggy Coins untuk kostum telur dan pesta berikutnya.", "Eggy Coins for egg costumes and the next party."),
    game="eggyparty", table="60:85 180:250 300:420 710:840 2020:2520 3440:4200", unit="Eggy Coins",
    supplier_unit="eggy_coins", tags=("Party", "Casual"), search_words="eggy egg telur", palette="langit", glyph="egg",
)  # fmt: skip
POKEMON_UNITE = _game(
    "POKEMONUNITE", "pokemon-unite", "Pokemon Unite", "TiMi Studio",
    both("Aeos Gems untuk lisensi dan Holowear.", "Aeos Gems for licences and Holowear."),
    game="pokemonunite", table="60:85 245:340 490:680 1220:1700 2450:3400 6000:8000", unit="Aeos Gems",
    supplier_unit="aeos_gems", tags=("MOBA", "Multiplayer"), search_words="pokemon unite aeos", palette="manggis",
    glyph="zap",
)  # fmt: skip
RAGNAROK = _game(
    "RAGNAROK", "ragnarok-origin", "Ragnarok Origin", "Gravity",
    both("Nyan Berry untuk petualang Midgard, server Indonesia.", "Nyan Berry for adventurers of Midgard, Indonesia."),
    game="ragnarok", table="60:85 180:255 300:425 680:850 1280:1490 3280:3750", unit="Nyan Berry",
    supplier_unit="nyan_berry", tags=("MMORPG", "Adventure"), search_words="roo ragnarok berry", palette="laut",
    glyph="feather", abroad=False,
    account=(
        fields.user_id(),
        fields.server((("prontera", "Prontera"), ("izlude", "Izlude"), ("morroc", "Morroc"))),
    ),
    typed=_ID_AND_SERVER, zone_field="server",
)  # fmt: skip
POINT_BLANK = _game(
    "POINTBLANK", "point-blank", "Point Blank", "Zepetto",
    both("PB Cash untuk senjata dan karakter, server Indonesia.", "PB Cash for weapons and characters, Indonesia."),
    game="pointblank", table="1200:62 2400:124 6000:310 12000:620 24000:1240 36000:1860 60000:3100", unit="PB Cash",
    supplier_unit="cash", tags=("Shooter", "PC"), search_words="pb pointblank cash", palette="tembikar",
    glyph="crosshair", abroad=False, account=(fields.account_name("Point Blank"),), typed="ID",
)  # fmt: skip

MORE_GAMES = (
    DELTA_FORCE, CALL_OF_DUTY, ZENLESS, WUTHERING, LOVE_AND_DEEPSPACE, CLASH_OF_CLANS, CLASH_ROYALE, BRAWL_STARS,
    EFOOTBALL, FC_MOBILE, MAGIC_CHESS, WILD_RIFT, ARENA_OF_VALOR, BLOOD_STRIKE, ARENA_BREAKOUT, STUMBLE_GUYS, SUPER_SUS,
    SAUSAGE_MAN, IDENTITY_V, EGGY_PARTY, POKEMON_UNITE, RAGNAROK, POINT_BLANK,
)  # fmt: skip
