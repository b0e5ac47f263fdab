import assert from 'node:assert/strict';
import type { Locator, Page } from 'playwright-core';

/** What is filled in on the order ticket. */
export interface TicketTerms {
  readonly side: 'Buy' | 'Sell';
  readonly type?: 'Limit' | 'Market' | 'Stop' | 'Stop limit';
  readonly timeInForce?: string;
  readonly quantity: string;
  readonly price?: string;
  readonly stopPrice?: string;
  /** Local time, as 2026-01-02T03:04. */
  readonly expiry?: string;
  readonly displayQuantity?: string;
  readonly minQuantity?: string;
  readonly postOnly?: boolean;
  readonly selfTradePrevention?: string;
  /** Place of the partner in the list of open orders; 1 is the newest. */
  readonly partner?: number;
}

/** The trade screen as its user handles it. */
export class TradePage {
  declare readonly page: Page;
  declare readonly ticket: Locator;
  declare readonly orders: Locator;

  constructor(page: Page) {
    this.page = page;
    this.ticket = page.getByRole('form', { name: 'Order' });
    this.orders = page.getByRole('table', { name: 'Open orders' });
  }

  /** The last price, as the head shows it. */
  async last(): Promise<number> {
    const text = await this.page.locator('.instrument-head .last').textContent();
    return Number((text ?? '').replace(/[^0-9.]/g, ''));
  }

  /** A price so far from the last one, in whole ticks of a cent. */
  async priceAt(factor: number): Promise<string> {
    return (Math.round((await this.last()) * factor * 100) / 100).toFixed(2);
  }

  async fill(terms: TicketTerms): Promise<void> {
    const { ticket } = this;
    const { type = 'Limit', side } = terms;
    await ticket.getByRole('group', { name: 'Side' }).getByRole('button', { name: side }).click();
    await ticket.getByLabel('Type').selectOption({ label: type });
    if (terms.timeInForce !== undefined)
      await ticket.getByLabel('Time in force').selectOption({ label: terms.timeInForce });
    await ticket.getByRole('textbox', { name: /^Quantity/ }).fill(terms.quantity);
    if (terms.price !== undefined) await ticket.getByRole('textbox', { name: /^Price/ }).fill(terms.price);
    if (terms.stopPrice !== undefined)
      await ticket.getByRole('textbox', { name: /^Stop price/ }).fill(terms.stopPrice);
    if (terms.expiry !== undefined) await ticket.getByLabel('Expires').fill(terms.expiry);
    const more = ticket.locator('details.more');
    if ((await more.getAttribute('open')) === null) await more.locator('summary').click();
    // What is not asked for is taken out, as far as the type has it.
    for (const [label, text = ''] of [
      ['Display quantity', terms.displayQuantity],
      ['Minimum quantity', terms.minQuantity],
    ] as const) {
      const field = ticket.getByLabel(label);
      if ((await field.count()) > 0) await field.fill(text);
      else assert.equal(text, '');
    }
    const postOnly = ticket.getByLabel('Post only');
    if ((await postOnly.count()) > 0 && (await postOnly.isEnabled()))
      await postOnly.setChecked(terms.postOnly ?? false);
    else assert.equal(terms.postOnly ?? false, false);
    if (terms.selfTradePrevention !== undefined)
      await ticket.getByLabel('Self-trade prevention').selectOption({ label: terms.selfTradePrevention });
    if (terms.partner !== undefined)
      await ticket.getByLabel('One cancels other').selectOption({ index: terms.partner });
  }

  /** Sends the ticket; resolves with what became of the order: its status, as the ticket shows it. */
  async send(terms: TicketTerms): Promise<string> {
    await this.fill(terms);
    const before = await this.#receipt();
    await this.#sendButton().click();
    // An answer to this order and not to the one before it.
    const outcome = this.ticket.locator(
      `[data-sent]${before === null ? '' : `:not([data-order="${before}"])`}`,
    );
    await outcome.waitFor();
    return (await outcome.getAttribute('data-sent')) ?? '';
  }

  /** Sends the ticket and expects it to be refused; resolves with what the ticket says. */
  async refusal(terms: TicketTerms): Promise<string> {
    await this.fill(terms);
    await this.#sendButton().click();
    return (await this.ticket.getByRole('alert').textContent()) ?? '';
  }

  /** Sends the ticket, which must not go out; resolves with what is wrong. */
  async faults(terms: TicketTerms): Promise<string[]> {
    await this.fill(terms);
    await this.#sendButton().click();
    await this.ticket.locator('.field-fault').first().waitFor();
    return this.ticket.locator('.field-fault').allTextContents();
  }

  /** Chooses a tab of orders and account. */
  async tab(name: string): Promise<void> {
    await this.page.getByRole('tab', { name }).click();
  }

  async openOrders(): Promise<number> {
    return this.orders.locator('tbody tr').count();
  }

  /** Waits until so many orders are open. */
  async waitForOrders(count: number): Promise<void> {
    if (count === 0) await this.page.getByText('No open orders').waitFor();
    else
      await this.orders
        .locator('tbody tr')
        .nth(count - 1)
        .waitFor();
    assert.equal(await this.openOrders(), count);
  }

  /** Cancels everything, with the question that is asked before it. */
  async cancelAll(): Promise<void> {
    await this.tab('Open orders');
    if ((await this.openOrders()) === 0) return;
    await this.page.getByRole('button', { name: 'Cancel all' }).click();
    await this.page.getByRole('dialog').getByRole('button', { name: 'Cancel all' }).click();
    await this.waitForOrders(0);
  }

  #sendButton(): Locator {
    return this.ticket.locator('button[type="submit"]');
  }

  async #receipt(): Promise<string | null> {
    const outcome = this.ticket.locator('[data-sent]');
    return (await outcome.count()) === 0 ? null : outcome.getAttribute('data-order');
  }
}
