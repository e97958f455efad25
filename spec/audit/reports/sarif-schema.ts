/** What of SARIF 2.1.0 the report uses, as data: names, types and enumerations of the OASIS standard, §3. */
import { checkerOf, date, type Structure } from '../../structure.js';

const level = /^(?:none|note|warning|error)$/;
const uri = /^[A-Za-z][A-Za-z0-9+.-]*:[!#$&-;=?-Z\\[\]_a-z~%]*$/;
const text = { text: 'string' } as const;

const sarif: Structure = {
  '$schema?': uri,
  version: /^2\.1\.0$/,
  runs: [
    {
      tool: {
        driver: {
          name: 'string',
          'version?': 'string',
          'rules?': [
            {
              id: 'string',
              'shortDescription?': text,
              'fullDescription?': text,
              'helpUri?': uri,
              'defaultConfiguration?': { 'level?': level },
            },
          ],
        },
      },
      'invocations?': [
        {
          executionSuccessful: 'boolean',
          'startTimeUtc?': date,
          'endTimeUtc?': date,
          'toolExecutionNotifications?': [{ 'level?': level, message: text }],
        },
      ],
      results: [
        {
          'ruleId?': 'string',
          'level?': level,
          message: text,
          'locations?': [
            {
              'physicalLocation?': { artifactLocation: { uri } },
              'logicalLocations?': [{ 'fullyQualifiedName?': 'string' }],
            },
          ],
          'partialFingerprints?': { 'probe/v1?': 'string' },
        },
      ],
    },
  ],
};

export const problemsOfSarif = checkerOf('sarif', sarif);
