package dev.scaling.resilience;

/**
 * The numbers of a {@link RetryBudget}, each read at about the same time.
 *
 * @param calls that began
 * @param firstSuccesses calls whose first attempt succeeded
 * @param withdrawals attempts that were paid for
 * @param refunds those of them that succeeded or were not sent
 * @param refusals withdrawals that were refused
 * @param balance tokens that are there
 * @param limit tokens that may be there
 * @param inFlight attempts that were paid for and are under way
 */
public record RetryBudgetSnapshot(
    long calls,
    long firstSuccesses,
    long withdrawals,
    long refunds,
    long refusals,
    double balance,
    double limit,
    int inFlight) {}
