/** What every name of a metric begins with. */
export const prefix = 'client_provisioner_';
