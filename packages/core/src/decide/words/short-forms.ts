import { lines } from './lines.ts';

/** What people type for short, and the word itself. */
const TABLE = lines(`
js javascript
ts typescript
postgres postgresql
nodejs node
osx macos
mac macos
db database
dbs databases
repo repository
repos repositories
dir directory
dirs directories
env environment
int integer
bool boolean
args arguments
params parameters
config configuration
app application
apps applications
admin administrator
info information
uni university
fridge refrigerator
tv television
tvs televisions
tele television
ad advertisement
exam examination
exams examinations
veg vegetable
veggies vegetables
vet veterinarian
diff difference
approx approximately
pic picture
pics pictures
`);

/** The word that a short form stands for; the same meaning, so one key. */
export const SHORT_FORMS: ReadonlyMap<string, string> = new Map(TABLE.map((row) => row.split(' ') as [string, string]));
