/** Which upstream owns a name: the catalogue of the fleet, merged lists, sealed cursors, subscriptions. */
@NullMarked
package io.headgate.gateway.route;

import org.jspecify.annotations.NullMarked;
