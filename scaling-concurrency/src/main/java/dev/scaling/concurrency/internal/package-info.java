/** What the packages of this module share, and the cache. Not for users. */
package dev.scaling.concurrency.internal;
