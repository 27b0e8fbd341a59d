"""Flags of the countries that the shop serves, 60 × 40, simplified to what is seen at 24 pixels."""

#: Country code -> shapes. Singapore, Malaysia: stars reduced.
FLAGS = {
    "ID": ('<path fill="#CE1126" d="M0 0h60v20H0z"/><path fill="#fff" d="M0 20h60v20H0z"/>'),
    "SG": (
        '<path fill="#EE2536" d="M0 0h60v20H0z"/><path fill="#fff" d="M0 20h60v20H0z"/>'
        '<path fill="#fff" d="M14 3a7.5 7.5 0 1 0 0 14a9 9 0 0 1 0-14z"/><g fill="#fff">'
        '<circle cx="20" cy="5.5" r="1.3"/><circle cx="16.6" cy="8.2" r="1.3"/>'
        '<circle cx="23.4" cy="8.2" r="1.3"/><circle cx="18" cy="12.4" r="1.3"/>'
        '<circle cx="22" cy="12.4" r="1.3"/></g>'
    ),
    "TH": (
        '<path fill="#A51931" d="M0 0h60v40H0z"/><path fill="#fff" d="M0 6.7h60v26.6H0z"/>'
        '<path fill="#2D2A4A" d="M0 13.3h60v13.4H0z"/>'
    ),
    "PH": (
        '<path fill="#0038A8" d="M0 0h60v20H0z"/><path fill="#CE1126" d="M0 20h60v20H0z"/>'
        '<path fill="#fff" d="M0 0l34.6 20L0 40z"/><circle cx="11.5" cy="20" r="5" fill="#FCD116"/>'
        '<g fill="#FCD116"><circle cx="3" cy="6" r="1.6"/><circle cx="3" cy="34" r="1.6"/>'
        '<circle cx="28" cy="20" r="1.6"/></g>'
    ),
    "MY": (
        '<path fill="#fff" d="M0 0h60v40H0z"/>'
        '<path stroke="#CC0001" stroke-width="2.86" d="M0 1.4h60M0 7.1h60M0 12.9h60M0 18.6h60M0 24.3h60M0 30h60M0'
        ' 35.7h60"/><path fill="#010066" d="M0 0h30v22.9H0z"/>'
        '<path fill="#FFCC00" d="M15.5 4.5a7.2 7.2 0 1 0 0 14a8.3 8.3 0 0 1 0-14z"/>'
        '<path fill="#FFCC00" d="M20 6l1.2 3.4 3.4-1.1-1.7 3.2 3.1 1.8-3.5.5.4 3.6-2.9-2.2-2.9 2.2.4-3.6-3.5-.5 3'
        '.1-1.8-1.7-3.2 3.4 1.1z"/>'
    ),
    "US": (
        '<path fill="#fff" d="M0 0h60v40H0z"/><path stroke="#B31942" stroke-width="3.08" d="M0 1.5h60M0 7.7h60'
        'M0 13.8h60M0 20h60M0 26.2h60M0 32.3h60M0 38.5h60"/><path fill="#0A3161" d="M0 0h26v21.5H0z"/><g fill="#fff">'
        '<circle cx="5" cy="5" r="1.4"/><circle cx="13" cy="5" r="1.4"/><circle cx="21" cy="5" r="1.4"/>'
        '<circle cx="9" cy="10.8" r="1.4"/><circle cx="17" cy="10.8" r="1.4"/><circle cx="5" cy="16.5" r="1.4"/>'
        '<circle cx="13" cy="16.5" r="1.4"/><circle cx="21" cy="16.5" r="1.4"/></g>'
    ),
}
