"""What the contexts add to the server: addresses, subjects of rules, and hooks that are set when they are loaded."""

from cti_server.callscripts import api as callscripts_api
from cti_server.callscripts import erasure as callscripts_erasure
from cti_server.callscripts import pages as callscripts_pages
from cti_server.callscripts import panel as callscripts_panel
from cti_server.customers import api as customers_api
from cti_server.customers import forms as customers_forms
from cti_server.customers import import_api as customers_import_api
from cti_server.customers import import_forms as customers_import_forms
from cti_server.customers import import_pages as customers_import_pages
from cti_server.customers import merge_api as customers_merge_api
from cti_server.customers import merge_pages as customers_merge_pages
from cti_server.customers import own_fields as customers_fields
from cti_server.customers import pages as customers_pages
from cti_server.customers import person_api as customers_person_api
from cti_server.customers import person_pages as customers_person_pages
from cti_server.desk import buttons as desk_buttons
from cti_server.desk import callback as desk_callback
from cti_server.desk import context as desk_context
from cti_server.desk import day as desk_day
from cti_server.desk import deliveries as desk_deliveries
from cti_server.desk import pages as desk_pages
from cti_server.desk import phone as desk_phone
from cti_server.desk import wrapping as desk_wrapping
from cti_server.desk.directory import pages as desk_directory
from cti_server.floor import api as floor_api
from cti_server.floor import pages as floor_pages
from cti_server.followups import api as followups_api
from cti_server.followups import erasure as followups_erasure
from cti_server.followups import forms as followups_forms
from cti_server.followups import pages as followups_pages
from cti_server.followups import sound as followups_sound
from cti_server.journal import api as journal_api
from cti_server.journal import pages as journal_pages
from cti_server.knowledge import api as knowledge_api
from cti_server.knowledge import pages as knowledge_pages
from cti_server.recording import api as recording_api
from cti_server.recording import erasure as recording_erasure
from cti_server.recording import pages as recording_pages
from cti_server.recording import sound as recording_sound
from cti_server.rules import api as rules_api
from cti_server.rules import pages as rules_pages
from cti_server.rules.subject import Subject
from cti_server.sales import api as sales_api
from cti_server.sales import earning_api as sales_earning_api
from cti_server.sales import erasure as sales_erasure
from cti_server.sales import figure_api as sales_figure_api
from cti_server.sales import figure_pages as sales_figures
from cti_server.sales import forms as sales_forms
from cti_server.sales import listings as sales_listings
from cti_server.sales import order_api as sales_order_api
from cti_server.sales import order_pages as sales_orders
from cti_server.sales import pages as sales_pages
from cti_server.sales import panel as sales_panel
from cti_server.sales import papers_api as sales_papers_api
from cti_server.sales import payment_api as sales_payment_api
from cti_server.sales import product_api as sales_product_api
from cti_server.sales import product_pages as sales_products
from cti_server.sales.subjects import OPPORTUNITY, ORDER
from cti_server.staff import pages as staff_pages
from cti_server.statistics import api as statistics_api
from cti_server.tickets import api as tickets_api
from cti_server.tickets import contract_api as tickets_contract_api
from cti_server.tickets import contract_pages as tickets_contracts
from cti_server.tickets import erasure as tickets_erasure
from cti_server.tickets import forms as tickets_forms
from cti_server.tickets import pages as tickets_pages
from cti_server.tickets import panel as tickets_panel
from cti_server.tickets import sending as tickets_sending
from cti_server.tickets import settings_api as tickets_settings_api
from cti_server.tickets import settings_pages as tickets_settings
from cti_server.tickets import work_api as tickets_work_api
from cti_server.tickets.mail import api as tickets_mail_api
from cti_server.tickets.mail import pages as tickets_mail
from cti_server.tickets.subject import TICKET
from cti_server.webhooks import api as webhooks_api
from cti_server.webhooks import pages as webhooks_pages
from cti_server.wrapup import api as wrapup_api
from cti_server.wrapup import desk as wrapup_desk
from cti_server.wrapup import erasure as wrapup_erasure
from cti_server.wrapup import listed as wrapup_listed
from cti_server.wrapup import pages as wrapup_pages

ERASING = (callscripts_erasure, followups_erasure, recording_erasure, sales_erasure, tickets_erasure, wrapup_erasure)
"""Loaded, so that erasing a person reaches what they keep."""

LISTING = (wrapup_listed,)
"""Loaded, so that the list of calls shows their codes."""

ROUTE_MODULES = (
    staff_pages,
    floor_pages,
    floor_api,
    desk_pages,
    desk_buttons,
    desk_directory,
    desk_phone,
    desk_context,
    desk_callback,
    desk_day,
    desk_deliveries,
    desk_wrapping,
    wrapup_desk,
    wrapup_pages,
    wrapup_api,
    journal_pages,
    journal_api,
    statistics_api,
    recording_pages,
    recording_api,
    recording_sound,
    followups_pages,
    followups_forms,
    followups_api,
    followups_sound,
    customers_pages,
    customers_forms,
    customers_api,
    customers_fields,
    customers_import_pages,
    customers_import_forms,
    customers_merge_pages,
    customers_person_pages,
    customers_person_api,
    customers_merge_api,
    customers_import_api,
    rules_pages,
    rules_api,
    callscripts_panel,
    callscripts_pages,
    callscripts_api,
    knowledge_pages,
    knowledge_api,
    webhooks_pages,
    webhooks_api,
    tickets_contracts,
    tickets_settings,
    tickets_settings_api,
    tickets_mail_api,
    tickets_mail,
    tickets_panel,
    tickets_pages,
    tickets_forms,
    tickets_sending,
    tickets_api,
    tickets_work_api,
    tickets_contract_api,
    sales_orders,
    sales_products,
    sales_pages,
    sales_forms,
    sales_listings,
    sales_figures,
    sales_figure_api,
    sales_panel,
    sales_product_api,
    sales_api,
    sales_order_api,
    sales_payment_api,
    sales_papers_api,
    sales_earning_api,
)
RULE_SUBJECTS: tuple[Subject, ...] = (TICKET, OPPORTUNITY, ORDER)
"""What rules may be about."""
