"""From what suppliers take to what customers pay: costs, margin rules, drafts of prices, closing what does not pay."""
