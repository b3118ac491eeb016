// Fills a product of commit 48f34c2 with what an office has after a while, and records what was sent and answered.
import fs from 'node:fs';
const B = process.env.URL, OUT = process.env.OUT; const rec = [];
const E = { anna:'anna.sommer@kanzlei-sommer.example', bernd:'bernd.winter@kanzlei-sommer.example', carla:'carla.herbst@kanzlei-sommer.example', dieter:'dieter.krause@baeckerei-krause.example', eva:'eva.lindner@studio-lindner.example', nord:'owner@treuhand-nord.example' };
async function gql(query, variables = {}, token) { const r = await fetch(B + '/graphql', { method:'POST', headers:{'content-type':'application/json', ...(token?{authorization:'Bearer '+token}:{})}, body: JSON.stringify({query,variables})}); return r.json(); }
const tokens = {};
async function signIn(who, password='messaging-demo') { const r = await gql('mutation($i:SignInInput!){signIn(input:$i){accessToken}}',{i:{email:E[who]??who,password}}); return tokens[who]=r.data.signIn.accessToken; }
const id = n => `01935000-0000-7000-8000-${n.toString(16).padStart(12,'0')}`;
async function run(who, field, type, input, select) { const query = `mutation($i:${type}!){${field}(input:$i){${select} errors{code message path}}}`; const r = await gql(query,{i:input},tokens[who]); if (r.errors || r.data[field].errors.length) throw new Error(field+JSON.stringify(r)); rec.push({ who: E[who]??who, query, input, answer: r.data[field] }); return r.data[field]; }
async function upload(who, name, type, bytes) { const f=new FormData(); f.set('operations',JSON.stringify({query:'mutation($i:UploadFileInput!){uploadFile(input:$i){file{id name size sha256 mediaType thumbnailUrl} errors{code}}}',variables:{i:{file:null}}})); f.set('map','{"0":["variables.i.file"]}'); f.set('0',new Blob([bytes],{type}),name); const r=await (await fetch(B+'/graphql',{method:'POST',body:f,headers:{authorization:'Bearer '+tokens[who],'GraphQL-Preflight':'1'}})).json(); return r.data.uploadFile.file; }
for (const w of Object.keys(E)) await signIn(w);
const sommer = (await gql('{customers(first:50){nodes{id name contacts{id email}}} administrators{nodes{id email}}}',{},tokens.anna)).data;
const krause = sommer.customers.nodes.find(c=>c.name.includes('Krause')), carla = sommer.administrators.nodes.find(a=>a.email===E.carla);
await run('anna','updateOrganisationSettings','UpdateOrganisationSettingsInput',{customersMayStartConversations:true},'organisation{name}');
const cust = await run('anna','registerCustomer','RegisterCustomerInput',{id:id(1),name:'Weingut Übersee & Söhne KG'},'customer{id name}');
const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAbElEQVR4nA3JQQEAMAgDMZSgpEqqhOepQAlKqmjLN1VFFypcTLHFFSmqmm7UuJlmm2vSP0QLCYsRK05EP0wbGZsxa87EP4YeNHiYYYcbMj+WXrR4mWWXW7I/jj50+JhjjztyP0IHBYcJGy4kPLAsVIExyOP/AAAAAElFTkSuQmCC','base64');
const f1 = await upload('anna','Beleg Oktober (Übersicht).pdf','application/pdf','%PDF-1.4\n% test\n%%EOF'), f2 = await upload('dieter','foto.png','image/png',png), f3 = await upload('dieter','nie-angehängt.txt','text/plain','bleibt liegen');
const c1 = await run('anna','createConversation','CreateConversationInput',{id:id(2),customerId:krause.id,subject:'IBAN DE89 3704 0044 0532 0130 00 prüfen',body:'Bitte prüfen Sie Betrag 1.234,56 € vom 12.03.2025, Rechnung RE-2024/0815.',status:'ATTENTION',responsibleAdministratorId:carla.id,fileIds:[f1.id]},'conversation{id status version}');
await run('dieter','addComment','AddCommentInput',{id:id(3),conversationId:id(2),body:'Stimmt so, Foto anbei 😀',fileIds:[f2.id]},'comment{id} conversation{status version}');
await run('carla','addComment','AddCommentInput',{id:id(4),conversationId:id(2),body:'Intern: Mandant zahlt pünktlich.',visibility:'INTERNAL'},'comment{id}');
await run('carla','addComment','AddCommentInput',{id:id(5),conversationId:id(2),body:'Danke, erledigt.'},'comment{id}');
await run('carla','changeStatus','ChangeStatusInput',{conversationIds:[id(2)],status:'ANSWERED'},'conversations{id status version}');
await run('anna','notifyAdministrators','NotifyAdministratorsInput',{id:id(6),conversationIds:[id(2)]},'conversations{id}');
await run('bernd','assignAdministrator','AssignAdministratorInput',{conversationIds:[id(2)],administratorId:null},'conversations{id}');
await run('eva','createConversation','CreateConversationInput',{id:id(7),customerId:(await gql('{viewer{customer{id}}}',{},tokens.eva)).data.viewer.customer.id,subject:'Frage zur Künstlersozialkasse',body:"L'art pour l'art – O’Neill & Söhne"},'conversation{id}');
await run('anna','inviteContact','InviteContactInput',{customerId:id(1),displayName:'Jörg Weinreich',email:'joerg@weingut.example'},'contact{id joined}');
const gone = await run('anna','inviteContact','InviteContactInput',{customerId:id(1),displayName:'Gerda Gestern',email:'gerda@weingut.example'},'contact{id joined}');
await run('anna','deactivateContact','DeactivateContactInput',{id:gone.contact.id},'contact{id active}').catch(async e=>console.log(e.message.slice(0,300)));
await run('carla','updateNotificationPreferences','UpdateNotificationPreferencesInput',{inAppFor:['CUSTOMER_COMMENTED']},'viewer{id}').catch(e=>console.log(e.message.slice(0,300)));
await run('nord','registerCustomer','RegisterCustomerInput',{id:id(1),name:'Gleiche Nummer GmbH'},'customer{id name}');
for (let i=0;i<30;i++) await run(i%2?'dieter':'carla','addComment','AddCommentInput',{id:id(100+i),conversationId:id(2),body:`Kommentar ${i} mit Steuernummer 12/345/67${String(i).padStart(3,'0')}`},'comment{id}');
const tokenIssued = { anna: tokens.anna, dieter: tokens.dieter };
const view = async (who,q) => (await gql(q,{},tokens[who])).data;
const seen = { counts: await view('anna','{conversationCounts{total open attention answered}}'), list: await view('anna','{conversations(first:50){nodes{id subject status version commentCount}}}'), customer: await view('dieter','{conversations(first:50){nodes{id subject status version commentCount}}}'), history: await view('anna',`{conversation(id:"${id(2)}"){history(first:60){nodes{type}}}}`) };
await new Promise(r=>setTimeout(r,4000));
fs.writeFileSync(OUT, JSON.stringify({ files:{ attached:f1, picture:f2, loose:f3 }, mutations: rec, seen }, null, 1));
