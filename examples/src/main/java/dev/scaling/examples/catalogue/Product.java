package dev.scaling.examples.catalogue;

/**
 * A product as its page shows it.
 *
 * @param version counts the changes of its price
 * @param reviews how many reviews it has
 * @param stars their mean, or 0
 */
record Product(long id, String name, int priceCents, long version, int reviews, double stars) {}
