/** What the servers have: their lists, read again and merged into one catalogue that never changes; the route of an exchange. */
@NullMarked
package io.headgate.gateway.route.catalog;

import org.jspecify.annotations.NullMarked;
