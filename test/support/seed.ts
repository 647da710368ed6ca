import fc from 'fast-check';

// The same inputs in every run, so that a failure tells of the change and not of luck; `npm run soak` looks further.
if (process.env['SOAK'] === undefined) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 20_261_120 });
