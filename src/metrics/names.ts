/** The beginning of every metric's name. */
export const prefix = 'client_provisioner_';
