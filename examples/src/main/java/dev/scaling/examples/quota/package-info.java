/** Quotas of tenants over several instances, the smallest program: {@link QuotaMain}. */
@org.jspecify.annotations.NullMarked
package dev.scaling.examples.quota;
